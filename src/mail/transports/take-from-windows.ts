/**
 * One place in every window of a transport, or none. By the clock of Redis, which all processes share.
 * KEYS: one hash per limit, slot number -> mails. ARGV: slots per window, then limit and slot length in
 * milliseconds for each key. Answers 0, or the milliseconds until a place is free in all of them.
 */
export const TAKE_FROM_WINDOWS = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local slots = tonumber(ARGV[1])
local wait = 0

for i, key in ipairs(KEYS) do
  local limit, slot_ms = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
  local oldest = math.floor(now / slot_ms) - slots
  local flat = redis.call('HGETALL', key)
  local used, left = {}, 0
  for f = 1, #flat, 2 do
    local slot, count = tonumber(flat[f]), tonumber(flat[f + 1])
    if slot < oldest then
      redis.call('HDEL', key, flat[f])
    else
      used[#used + 1] = { slot, count }
      left = left + count
    end
  end
  if left >= limit then
    table.sort(used, function(a, b) return a[1] < b[1] end)
    for _, entry in ipairs(used) do
      left = left - entry[2]
      if left < limit then
        wait = math.max(wait, math.ceil((entry[1] + slots + 1) * slot_ms - now))
        break
      end
    end
  end
end

if wait > 0 then return wait end
for i, key in ipairs(KEYS) do
  local slot_ms = tonumber(ARGV[2 * i + 1])
  redis.call('HINCRBY', key, string.format('%d', math.floor(now / slot_ms)), 1)
  redis.call('PEXPIRE', key, slot_ms * (slots + 1))
end
return 0
`;
