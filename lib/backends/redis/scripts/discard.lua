-- Removes keys, takes their leases away, and holds the keys empty for a while if that is wanted.
--
-- KEYS[2i - 1]  the value of the i-th key
-- KEYS[2i]      its lease
-- ARGV[1]       how long the keys are to be held empty, in milliseconds; 0 for not at all
-- ARGV[2]       the channel on which the end of a lease is announced
-- ARGV[2 + i]   what to announce: the i-th key
--
-- the number of keys

local hold = tonumber(ARGV[1])
for at = 1, #KEYS, 2 do
  -- First: once a script has removed something, a server whose memory is full lets it write too.
  redis.call('UNLINK', KEYS[at])
  local lease = KEYS[at + 1]
  local held = redis.pcall('GET', lease)
  if type(held) == 'table' then
    -- It is no string, and so no lease: others must not be kept from their removal by it.
    redis.call('UNLINK', lease)
    held = false
  end
  -- -1: without an end
  local heldFor = held == 'T' and redis.call('PTTL', lease) or 0
  if heldFor >= 0 and heldFor < hold then
    redis.call('SET', lease, 'T', 'PX', ARGV[1])
  elseif held and held ~= 'T' then
    redis.call('UNLINK', lease)
  end
  if held and #held > 16 then
    -- A hint: where the caller may not publish, those who wait look again when the lease would have ended.
    redis.pcall('PUBLISH', ARGV[2], ARGV[2 + (at + 1) / 2])
  end
end
return #KEYS / 2
