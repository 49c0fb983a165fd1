-- Asks for the right to fill a key.
--
-- KEYS[1]  the value
-- KEYS[2]  the lease
-- ARGV[1]  the token under which the caller would fill, of 16 bytes
-- ARGV[2]  how long the lease is to last, in milliseconds
-- ARGV[3]  the token of a value that does not count as a hit, or ''
--
-- {'hit', stored value, PTTL}   somebody has filled it meanwhile; PTTL is -1 where it has no end
-- {'granted'}                   the lease is the caller's, from now on
-- {'wait', PTTL}                another holds it; its end will be announced
-- {'bypass'}                    the key is held empty
--
-- A value that was filled begins with the bytes C1 46, its token, and six bytes that tell its end. A lease is the holder's token, with one more
-- byte once somebody waits for its end; 'T' holds the key empty.

local head = redis.call('GETRANGE', KEYS[1], 0, 23)
if #head == 24 and string.sub(head, 1, 2) == '\193F' and string.sub(head, 3, 18) ~= ARGV[3] then
  local left = redis.call('PTTL', KEYS[1])
  if left ~= 0 then
    return { 'hit', redis.call('GET', KEYS[1]), left }
  end
end

local held = redis.call('GET', KEYS[2])
if held == 'T' then
  return { 'bypass' }
end
if held and string.sub(held, 1, 16) == ARGV[1] then
  -- Asked twice, because the first answer was lost. Those who wait are not forgotten.
  redis.call('PEXPIRE', KEYS[2], ARGV[2])
  return { 'granted' }
end
if held then
  local left = redis.call('PTTL', KEYS[2])
  -- One that never ends was not left by this script, and is not waited for.
  if left >= 0 then
    -- APPEND leaves the end of the lease as it is.
    if #held == 16 then
      redis.call('APPEND', KEYS[2], 'w')
    end
    return { 'wait', left }
  end
end
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
return { 'granted' }
