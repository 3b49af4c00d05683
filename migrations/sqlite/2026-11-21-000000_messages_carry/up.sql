-- SQLite cannot drop a CHECK: the table is made anew. Nothing refers to it yet.
CREATE TABLE messages_new (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  room_id BIGINT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
  seq BIGINT NOT NULL,
  rev BIGINT NOT NULL,
  sender_id BIGINT NOT NULL REFERENCES users (id),
  client_id TEXT NOT NULL,
  -- HMAC of room, text, uploads and reply_to as first sent: tells a repeated send from a reused client_id.
  body_hash BLOB NOT NULL,
  kind TEXT NOT NULL,
  text TEXT NOT NULL,
  -- The text parsed, as JSON; see docs/protocol.md.
  spans TEXT NOT NULL,
  -- The message that this one answers, of the same room; its text is not copied, so that a recall reaches every quote.
  reply_to BIGINT,
  reply_seq BIGINT,
  created_at TIMESTAMP NOT NULL,
  edited_at TIMESTAMP,
  recalled_at TIMESTAMP,
  deleted_at TIMESTAMP,
  UNIQUE (room_id, seq),
  UNIQUE (sender_id, client_id)
);
INSERT INTO messages_new (id, room_id, seq, rev, sender_id, client_id, body_hash, kind, text, spans, created_at, edited_at, deleted_at)
  SELECT id, room_id, seq, rev, sender_id, client_id, body_hash, kind, text, spans, created_at, edited_at, deleted_at FROM messages;
-- An id that was given once is not given again, even where its row is gone.
INSERT INTO sqlite_sequence (name, seq)
  SELECT 'messages_new', 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'messages_new');
UPDATE sqlite_sequence SET seq = max(seq, coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'messages'), 0)) WHERE name = 'messages_new';
DROP TABLE messages;
ALTER TABLE messages_new RENAME TO messages;
CREATE UNIQUE INDEX messages_rev ON messages (room_id, rev);

-- An image as stored: one for all identical uploads of a person.
CREATE TABLE blobs (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  owner_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  -- SHA-256 of the bytes as uploaded and of how they were to be kept.
  source_hash BLOB NOT NULL,
  -- Name of its files, random.
  key TEXT NOT NULL UNIQUE,
  ext TEXT NOT NULL,
  thumb_ext TEXT NOT NULL,
  mime TEXT NOT NULL,
  -- Of both files together: what counts against the quota.
  stored_bytes BIGINT NOT NULL,
  bytes BIGINT NOT NULL,
  width BIGINT NOT NULL,
  height BIGINT NOT NULL,
  -- Dominant colour, '#rrggbb'.
  color TEXT NOT NULL,
  animated BOOLEAN NOT NULL,
  created_at TIMESTAMP NOT NULL,
  UNIQUE (owner_id, source_hash)
);

-- One use of a blob: first its owner's alone, then part of one message.
CREATE TABLE uploads (
  -- 128 random bits: the name in the URL.
  key TEXT NOT NULL PRIMARY KEY,
  blob_id BIGINT NOT NULL REFERENCES blobs (id),
  owner_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  message_id BIGINT REFERENCES messages (id) ON DELETE CASCADE,
  position BIGINT NOT NULL,
  -- Only to be shown.
  name TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL
);
CREATE INDEX uploads_message ON uploads (message_id, position);
CREATE INDEX uploads_blob ON uploads (blob_id);
CREATE INDEX uploads_owner ON uploads (owner_id, created_at);
CREATE INDEX uploads_unused ON uploads (created_at) WHERE message_id IS NULL;

-- Files whose rows are gone, until they are gone themselves.
CREATE TABLE removed_files (
  path TEXT NOT NULL PRIMARY KEY
);

CREATE TABLE reactions (
  message_id BIGINT NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
  emoji TEXT NOT NULL,
  user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  created_at TIMESTAMP NOT NULL,
  PRIMARY KEY (message_id, emoji, user_id)
);

-- Friends and requests, a row for each of the two: 'requested' stands opposite 'incoming'.
CREATE TABLE contacts (
  user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  peer_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  state TEXT NOT NULL CHECK (state IN ('requested', 'incoming', 'friend')),
  created_at TIMESTAMP NOT NULL,
  PRIMARY KEY (user_id, peer_id)
);

CREATE TABLE blocks (
  user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  blocked_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  created_at TIMESTAMP NOT NULL,
  PRIMARY KEY (user_id, blocked_id)
);
CREATE INDEX blocks_blocked ON blocks (blocked_id, user_id);

-- Name of the picture's files; null without one.
ALTER TABLE users ADD COLUMN avatar TEXT;

-- Which messages are announced to the member.
ALTER TABLE memberships ADD COLUMN notify TEXT NOT NULL DEFAULT 'all' CHECK (notify IN ('all', 'mentions', 'none'));
-- Without a count in the list.
ALTER TABLE memberships ADD COLUMN muted BOOLEAN NOT NULL DEFAULT FALSE;

-- Seconds in which an author may recall a message; null for the default.
ALTER TABLE rooms ADD COLUMN recall_seconds BIGINT;
