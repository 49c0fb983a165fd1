-- Gives an invalidation the next number of the log, records it and publishes it.
--
-- KEYS  1 the meta hash  2 the log stream  3 the channel
-- ARGV  1, 2 the newest epoch and position that the caller knows of (0, 0 if none)
--       3 how many entries the log keeps  4 how many counters of tags the hash keeps
--       5 the caller's name  6 the payload
--       7 the lives of the servers that hold values ("*" where it is this one)
--       8… the fields of the meta hash that take the number: "all", "t:<tag>"
-- Result  {epoch, number, id of the log entry}
--
-- Where the hash has lost what the caller knows of, a new epoch is begun first, which voids everything.
--
-- Where the hash has more counters than it keeps, old ones of a sample are removed, and the field "f" is raised to
-- the greatest number that was removed: a tag without a counter was not invalidated after it. The field "c" is
-- where the next sample begins.

-- What is not a whole number that clients can read counts as lost: to go on from it would make another one like it.
local function whole(text)
  local number = tonumber(text)
  return number and number >= 0 and number < 9007199254740991 and number or nil
end

local meta, log, channel = KEYS[1], KEYS[2], KEYS[3]
-- Removes nothing: once a script has removed something, a server whose memory is full lets it write too.
redis.call('HDEL', meta, '')
local known_epoch, known_number = tonumber(ARGV[1]), tonumber(ARGV[2])
local state = redis.call('HMGET', meta, 'e', 'n')
local epoch, number = whole(state[1]), whole(state[2]) or 0

local function record(origin, payload)
  number = number + 1
  local e, n = string.format('%.0f', epoch), string.format('%.0f', number)
  redis.call('HSET', meta, 'e', e, 'n', n)
  local id = redis.call('XADD', log, 'MAXLEN', '~', ARGV[3], '*', 'e', e, 'n', n, 'o', origin, 'p', payload)
  redis.call('PUBLISH', channel, e .. ' ' .. n .. ' ' .. id .. ' ' .. origin .. ' ' .. payload)
  return { e, n, id }
end

local function prune(excess, added)
  local state = redis.call('HMGET', meta, 'c', 'f')
  local sample = redis.call('HSCAN', meta, state[1] or '0', 'MATCH', 't:*', 'COUNT', math.max(100, 4 * added))
  local counters = {}
  for index = 1, #sample[2], 2 do
    table.insert(counters, { sample[2][index], tonumber(sample[2][index + 1]) or 0 })
  end
  table.sort(counters, function(a, b) return a[2] < b[2] end)
  -- A part of the sample, so that what is removed is old; more than was added, so that this is rarely needed.
  local floor = tonumber(state[2]) or 0
  for index = 1, math.min(#counters, math.max(math.ceil(#counters / 4), math.min(excess, 2 * added))) do
    floor = math.max(floor, counters[index][2])
    redis.call('HDEL', meta, counters[index][1])
  end
  redis.call('HSET', meta, 'c', sample[1], 'f', string.format('%.0f', floor))
end

if not epoch or epoch < known_epoch or (epoch == known_epoch and number < known_number) then
  local time = redis.call('TIME')
  local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
  epoch = math.max(now, known_epoch + 1, (epoch or 0) + 1)
  -- Tag counters of an older epoch say nothing any more.
  redis.call('UNLINK', meta)
  local recorded = record(ARGV[5], '{"v":1,"all":true}')
  redis.call('HSET', meta, 'all', recorded[2])
  local lives = ARGV[7] == '*' and own_life() or ARGV[7]
  if lives ~= '' then redis.call('HSET', meta, 's', lives) end
end

local recorded = record(ARGV[5], ARGV[6])
for field = 8, #ARGV do
  redis.call('HSET', meta, ARGV[field], recorded[2])
end
local added = #ARGV - 7
if added > 0 then
  -- Six fields are not counters: e, n, all, f, c and s.
  local excess = redis.call('HLEN', meta) - 6 - tonumber(ARGV[4])
  if excess > 0 then prune(excess, added) end
end
return recorded
