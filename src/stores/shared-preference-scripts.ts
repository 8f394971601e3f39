/**
 * What is done in Redis at one go. A person's hash holds `version`, and of the last answer
 * `answered_version`, `asked_at` and `answer`; the answer counts where both versions are the same.
 */

/** Whatever is in the way is none of ours. */
const CLEAR_THE_PLACE = `
  if redis.call('type', key).ok ~= 'hash' then redis.call('del', key) end`;

/**
 * Reads all keys; one without a version gets that of the argument, so that an announcement can be told
 * from none. Arguments: a new version, milliseconds to live.
 */
export const LOOK = `
local found = {}
for i, key in ipairs(KEYS) do ${CLEAR_THE_PLACE}
  if redis.call('hsetnx', key, 'version', ARGV[1]) == 1 then
    redis.call('pexpire', key, ARGV[2])
  end
  found[i] = redis.call('hmget', key, 'version', 'answered_version', 'asked_at', 'answer')
end
return found`;

/**
 * Keeps answers, save where a newer one is kept already; one from the future is not newer but wrong.
 * Arguments: milliseconds to live, by how many the clocks may disagree, then for each key the version
 * under which the question was asked, when, and the answer.
 */
export const KEEP = `
for i, key in ipairs(KEYS) do ${CLEAR_THE_PLACE}
  local version, asked_at, answer = ARGV[i * 3], ARGV[i * 3 + 1], ARGV[i * 3 + 2]
  local ahead = (tonumber(redis.call('hget', key, 'asked_at') or '') or 0) - tonumber(asked_at)
  if not (ahead > 0 and ahead <= tonumber(ARGV[2])) then
    redis.call('hset', key, 'answered_version', version, 'asked_at', asked_at, 'answer', answer)
    redis.call('pexpire', key, ARGV[1])
  end
end`;

/** Draws a new version for keys that exist; those that do not hold no answer and await none. */
export const INVALIDATE = `
for _, key in ipairs(KEYS) do
  if redis.call('type', key).ok == 'hash' then redis.call('hset', key, 'version', ARGV[1]) end
end`;
