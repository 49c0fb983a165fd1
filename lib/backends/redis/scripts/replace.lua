-- Puts values in the place of whatever stands there, and takes the leases of their keys away.
--
-- KEYS[2i - 1]  the value of the i-th key
-- KEYS[2i]      its lease
-- ARGV[1]       the channel on which the end of a lease is announced
-- ARGV[3i - 1]  what to store: the bytes C1 46, a token, its end in six bytes, and the value
-- ARGV[3i]      how long it is to be kept, in milliseconds
-- ARGV[3i + 1]  what to announce: the key
--
-- for each key: 1 when it is stored, 0 when the key is held empty, and {'error', message} when it cannot be stored; then
-- nothing stands there

local leases, answers = {}, {}
-- All values first: once a script has removed something, a server whose memory is full lets it write too.
for at = 1, #KEYS / 2 do
  local held = redis.pcall('GET', KEYS[2 * at])
  leases[at], answers[at] = held, 0
  if held ~= 'T' then
    local done = redis.pcall('SET', KEYS[2 * at - 1], ARGV[3 * at - 1], 'PX', ARGV[3 * at])
    answers[at] = done.err and { 'error', done.err } or 1
  end
end
for at = 1, #KEYS / 2 do
  local held = leases[at]
  if answers[at] ~= 1 then
    redis.call('UNLINK', KEYS[2 * at - 1])
  end
  if held and held ~= 'T' then
    -- What is no string is no lease, and goes too.
    redis.call('UNLINK', KEYS[2 * at])
  end
  if type(held) == 'string' and #held > 16 then
    -- A hint: where the caller may not publish, those who wait look again when the lease would have ended.
    redis.pcall('PUBLISH', ARGV[1], ARGV[3 * at + 1])
  end
end
return answers
