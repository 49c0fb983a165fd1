-- Asks for the right to fill keys.
--
-- KEYS[2i - 1]  the value of the i-th key
-- KEYS[2i]      its lease
-- ARGV[3i - 2]  the token under which the caller would fill it, of 16 bytes
-- ARGV[3i - 1]  how long the lease is to last, in milliseconds
-- ARGV[3i]      the token of a value that does not count as a hit, or ''
--
-- for each key:
-- {'hit', stored value, PTTL}   somebody has filled it meanwhile; PTTL is -1 where it has no end
-- {'granted'}                   the lease is the caller's, from now on
-- {'wait', PTTL}                another holds it; its end will be announced
-- {'bypass'}                    the key is held empty
-- {'error', message}            something else stands there
--
-- A value that was filled begins with the bytes C1 46, its token, and six bytes that tell its end. A lease is the holder's
-- token, with one more byte once somebody waits for its end; 'T' holds the key empty.

local function ask(value, lease, token, duration, rejected)
  local head = redis.pcall('GETRANGE', value, 0, 23)
  if type(head) == 'table' then
    return { 'error', head.err }
  end
  if #head == 24 and string.sub(head, 1, 2) == '\193F' and string.sub(head, 3, 18) ~= rejected then
    local left = redis.call('PTTL', value)
    if left ~= 0 then
      return { 'hit', redis.call('GET', value), left }
    end
  end

  local held = redis.pcall('GET', lease)
  if type(held) == 'table' then
    return { 'error', held.err }
  end
  if held == 'T' then
    return { 'bypass' }
  end
  if held and string.sub(held, 1, 16) == token then
    -- Asked twice, because the first answer was lost. Those who wait are not forgotten.
    redis.call('PEXPIRE', lease, duration)
    return { 'granted' }
  end
  if held then
    local left = redis.call('PTTL', lease)
    -- One that never ends was not left by this script, and is not waited for.
    if left >= 0 then
      -- APPEND leaves the end of the lease as it is.
      if #held == 16 then
        redis.call('APPEND', lease, 'w')
      end
      return { 'wait', left }
    end
  end
  redis.call('SET', lease, token, 'PX', duration)
  return { 'granted' }
end

local answers = {}
for at = 1, #KEYS / 2 do
  answers[at] = ask(KEYS[2 * at - 1], KEYS[2 * at], ARGV[3 * at - 2], ARGV[3 * at - 1], ARGV[3 * at])
end
return answers
