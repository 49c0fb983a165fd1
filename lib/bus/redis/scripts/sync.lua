-- Tells where the log stands and what it holds since the caller's position.
--
-- KEYS  1 the meta hash  2 the log stream
-- ARGV  1 the id of the last entry that the caller has applied ("" if it knows none)
--       2 how many entries are told at most
--       3 "*" where this server holds the values too
-- Result  {epoch, number, last entry, first entry, entries from ARGV[1] on, that one included, lives of servers as
--         the hash knows them, life of this server if it holds the values}
--         epoch and number are "" where there are none; an entry is {id, {field, value, …}}, and the last and
--         the first one are lists of at most one

local state = redis.call('HMGET', KEYS[1], 'e', 'n', 's')
local since = {}
if ARGV[1] ~= '' then
  since = redis.call('XRANGE', KEYS[2], ARGV[1], '+', 'COUNT', ARGV[2])
end
return {
  state[1] or '',
  state[2] or '',
  redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1),
  redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', 1),
  since,
  state[3] or '',
  ARGV[3] == '*' and own_life() or '',
}
