-- Begins a new epoch, which voids everything that was stamped before, whatever there is of it.
--
-- KEYS  1 the meta hash  2 the log stream  3 the channel
-- ARGV  1 the epoch that the caller has found, as it stands in the hash ("" if there was none)
--       2 an epoch that the new one has to exceed  3 how many entries the log keeps  4 the caller's name
--       5 the lives of the servers that hold values ("*" where it is this one)
-- Result  the epoch: another than ARGV[1] if somebody else was faster, which then stays
--
-- Epochs are ordered, so that an older life of the log is never taken for a newer one.

-- What is not a whole number that clients can read counts as lost: to go on from it would make another one like it.
local function whole(text)
  local number = tonumber(text)
  return number and number >= 0 and number < 9007199254740991 and number or nil
end

local meta, log, channel = KEYS[1], KEYS[2], KEYS[3]
local state = redis.call('HMGET', meta, 'e', 'n')
if (state[1] or '') ~= ARGV[1] then
  return state[1] or ''
end

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local e = string.format('%.0f', math.max(now, tonumber(ARGV[2]) + 1, (whole(state[1]) or 0) + 1))
local n = string.format('%.0f', (whole(state[2]) or 0) + 1)
local payload = '{"v":1,"all":true}'

-- Tag counters of an older epoch say nothing any more.
redis.call('UNLINK', meta)
redis.call('HSET', meta, 'e', e, 'n', n, 'all', n)
local lives = ARGV[5] == '*' and own_life() or ARGV[5]
if lives ~= '' then redis.call('HSET', meta, 's', lives) end
local id = redis.call('XADD', log, 'MAXLEN', '~', ARGV[3], '*', 'e', e, 'n', n, 'o', ARGV[4], 'p', payload)
redis.call('PUBLISH', channel, e .. ' ' .. n .. ' ' .. id .. ' ' .. ARGV[4] .. ' ' .. payload)
return e
