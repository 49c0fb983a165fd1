-- The life of this server: the id that it has taken when it was started. "" where it does not tell, because INFO is
-- forbidden or shows no id. Stands before the scripts that need it.

local function own_life()
  local info = redis.pcall('INFO', 'server')
  local life = type(info) == 'string' and string.match(info, '\nrun_id:(%w+)') or ''
  -- Some services show zeros instead.
  return string.match(life, '^0*$') and '' or life
end
