-- Stores a value and ends the lease, if the caller still holds it.
--
-- KEYS[1]  the value
-- KEYS[2]  the lease
-- ARGV[1]  the caller's token, of 16 bytes
-- ARGV[2]  what to store: the bytes C1 46, the token, its end in six bytes, and the value
-- ARGV[3]  how long it is to be kept, in milliseconds
-- ARGV[4]  the channel on which the end of a lease is announced
-- ARGV[5]  what to announce: the key
--
-- 1 when it is stored, 0 when the lease is not the caller's

local held = redis.call('GET', KEYS[2])
if not held or string.sub(held, 1, 16) ~= ARGV[1] then
  return 0
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
redis.call('UNLINK', KEYS[2])
if #held > 16 then
  -- A hint: where the caller may not publish, those who wait look again when the lease would have ended.
  redis.pcall('PUBLISH', ARGV[4], ARGV[5])
end
return 1
