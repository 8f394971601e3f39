/**
 * Places in every window, up to as many as are wanted. By the clock of Redis, which all processes share.
 * KEYS: one hash per limit, slot number -> places taken. ARGV: slots per window, places wanted, then
 * limit and slot length in milliseconds for each key. Answers the places taken and, where they are
 * fewer than wanted, the milliseconds until one more is free in all windows.
 */
export const TAKE_FROM_WINDOWS = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local slots, wanted = tonumber(ARGV[1]), tonumber(ARGV[2])
local taken = wanted
local windows = {}

for i, key in ipairs(KEYS) do
  local window = { key = key, limit = tonumber(ARGV[2 * i + 1]), slot_ms = tonumber(ARGV[2 * i + 2]) }
  window.current = math.floor(now / window.slot_ms)
  window.used, window.total = {}, 0
  local flat = redis.call('HGETALL', key)
  for f = 1, #flat, 2 do
    local slot, count = tonumber(flat[f]), tonumber(flat[f + 1])
    if slot < window.current - slots then
      redis.call('HDEL', key, flat[f])
    else
      window.used[slot] = count
      window.total = window.total + count
    end
  end
  taken = math.max(0, math.min(taken, window.limit - window.total))
  windows[i] = window
end

if taken > 0 then
  for _, window in ipairs(windows) do
    redis.call('HINCRBY', window.key, string.format('%d', window.current), taken)
    redis.call('PEXPIRE', window.key, window.slot_ms * (slots + 1))
    window.used[window.current] = (window.used[window.current] or 0) + taken
    window.total = window.total + taken
  end
end
if taken == wanted then return { taken, 0 } end

local wait = 0
for _, window in ipairs(windows) do
  local left = window.total
  local order = {}
  for slot in pairs(window.used) do order[#order + 1] = slot end
  table.sort(order)
  for _, slot in ipairs(order) do
    if left < window.limit then break end
    left = left - window.used[slot]
    if left < window.limit then
      wait = math.max(wait, math.ceil((slot + slots + 1) * window.slot_ms - now))
    end
  end
end
return { taken, wait }
`;
