-- Makes a lease last longer, if the caller still holds it.
--
-- KEYS[1]  the lease
-- ARGV[1]  the caller's token, of 16 bytes
-- ARGV[2]  how long the lease is to last from now, in milliseconds
--
-- 1 when it does, 0 when the lease is not the caller's

local held = redis.call('GET', KEYS[1])
if not held or string.sub(held, 1, 16) ~= ARGV[1] then
  return 0
end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
