-- The number once it was confirmed, which is then nobody else's: what was claimed by writing it down is no proof.
-- (The old column keeps its UNIQUE; SQLite could not let go of it.)
ALTER TABLE users RENAME COLUMN phone TO phone_key;
-- As its person wrote it, E.164.
ALTER TABLE users ADD COLUMN phone TEXT;
UPDATE users SET phone = phone_key, phone_key = NULL;
-- The e-mail address once it was confirmed, folded, which is then nobody else's.
ALTER TABLE users ADD COLUMN email_key TEXT;
CREATE UNIQUE INDEX users_email_key ON users (email_key);

-- Codes that were sent, each good for one purpose, one address and whoever holds its ticket.
CREATE TABLE verifications (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  -- SHA-256 of the ticket that the asker's browser holds.
  ticket_hash BLOB NOT NULL UNIQUE,
  purpose TEXT NOT NULL CHECK (purpose IN ('register', 'confirm', 'recover')),
  -- What the code was sent to: 'email:…', 'phone:…'; for a recovery what was typed, folded.
  address TEXT NOT NULL,
  -- Whose account it is about; null for none, which is told to nobody.
  user_id BIGINT REFERENCES users (id) ON DELETE CASCADE,
  -- HMAC-SHA256 under a key beside the database: a million codes are quickly tried.
  code_hash BLOB NOT NULL,
  tries BIGINT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  expires_at TIMESTAMP NOT NULL,
  used_at TIMESTAMP
);
CREATE INDEX verifications_expires ON verifications (expires_at);
CREATE INDEX verifications_user ON verifications (user_id);
