-- Ends a lease without a value, if the caller still holds it.
--
-- KEYS[1]  the lease
-- ARGV[1]  the caller's token, of 16 bytes
-- ARGV[2]  the channel on which the end of a lease is announced
-- ARGV[3]  what to announce: the key
--
-- 1 when it has ended, 0 when the lease is not the caller's

local held = redis.call('GET', KEYS[1])
if not held or string.sub(held, 1, 16) ~= ARGV[1] then
  return 0
end
redis.call('UNLINK', KEYS[1])
if #held > 16 then
  -- A hint: where the caller may not publish, those who wait look again when the lease would have ended.
  redis.pcall('PUBLISH', ARGV[2], ARGV[3])
end
return 1
