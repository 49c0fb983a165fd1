-- Stores values and ends their leases, as far as the caller still holds them.
--
-- KEYS[2i - 1]  the value of the i-th key
-- KEYS[2i]      its lease
-- ARGV[1]       the channel on which the end of a lease is announced
-- ARGV[4i - 2]  the caller's token, of 16 bytes
-- ARGV[4i - 1]  what to store: the bytes C1 46, the token, its end in six bytes, and the value
-- ARGV[4i]      how long it is to be kept, in milliseconds
-- ARGV[4i + 1]  what to announce: the key
--
-- for each key: 1 when it is stored, 0 when the lease is not the caller's, and {'error', message} when no lease stands
-- where one should

local function fill(value, lease, token, stored, ttl, key)
  local held = redis.pcall('GET', lease)
  if type(held) == 'table' then
    return { 'error', held.err }
  end
  if not held or string.sub(held, 1, 16) ~= token then
    return 0
  end
  redis.call('SET', value, stored, 'PX', ttl)
  redis.call('UNLINK', lease)
  if #held > 16 then
    -- A hint: where the caller may not publish, those who wait look again when the lease would have ended.
    redis.pcall('PUBLISH', ARGV[1], key)
  end
  return 1
end

local answers = {}
for at = 1, #KEYS / 2 do
  local from = 4 * at - 2
  answers[at] = fill(KEYS[2 * at - 1], KEYS[2 * at], ARGV[from], ARGV[from + 1], ARGV[from + 2], ARGV[from + 3])
end
return answers
