-- Tells the life of the server that holds the log.
--
-- KEYS  1 the meta hash
-- Result  the life; "" where the server does not tell

return own_life()
