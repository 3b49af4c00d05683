-- What programs show instead of a session's cookie. A row that is gone is a token that is dead.
CREATE TABLE tokens (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  -- SHA-256 of the token, which is told once.
  token_hash BLOB NOT NULL UNIQUE,
  user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  -- As its owner calls it.
  name TEXT NOT NULL,
  -- The first characters of the token, to know it by.
  start TEXT NOT NULL,
  -- Each may do all that the ones before it may.
  scope TEXT NOT NULL CHECK (scope IN ('read', 'write', 'admin')),
  created_at TIMESTAMP NOT NULL,
  -- Null for no end.
  expires_at TIMESTAMP,
  -- To a minute.
  last_used_at TIMESTAMP,
  -- From where it was used last; empty as long as it was not.
  last_ip TEXT NOT NULL DEFAULT ''
);
CREATE INDEX tokens_user ON tokens (user_id, id);
