-- Tells where the log stands, whether the caller's position is still in it, and where tags were invalidated.
--
-- KEYS  1 the meta hash  2 the log stream
-- ARGV  1 the id of the last entry that the caller has applied ("" if it knows none)  2, 3 its epoch and number
--       4 "*" where this server holds the values too  5… tags
-- Result  {epoch, number, 1 or 0, number of the last "all", {number of each tag}}, "" where there is none
--         1 means as well that the hash knows the life of this server, if it holds the values
--         a tag without a counter was not invalidated after the floor "f" below which counters were removed

local state = redis.call('HMGET', KEYS[1], 'e', 'n', 'all', 'f', 's')
local complete = 0
if ARGV[1] ~= '' and state[1] == ARGV[2] then
  local entry = redis.call('XRANGE', KEYS[2], ARGV[1], ARGV[1])[1]
  local found = {}
  for field = 1, entry and #entry[2] or 0, 2 do
    found[entry[2][field]] = entry[2][field + 1]
  end
  if found['e'] == ARGV[2] and found['n'] == ARGV[3] then
    local life = ARGV[4] == '*' and own_life() or ''
    if life == '' or life == state[5] then
      complete = 1
    end
  end
end
local tags = {}
for index = 5, #ARGV do
  tags[index - 4] = redis.call('HGET', KEYS[1], 't:' .. ARGV[index]) or state[4] or ''
end
return { state[1] or '', state[2] or '', complete, state[3] or '', tags }
