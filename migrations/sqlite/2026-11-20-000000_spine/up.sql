-- Ids are AUTOINCREMENT: without it SQLite gives the highest id a second time after a delete.

-- One row: the life of this database (a restored backup gets another epoch) and how many writing
-- transactions it has seen, which start compares with the mark kept beside the file.
CREATE TABLE meta (
  id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
  epoch TEXT NOT NULL,
  commit_no BIGINT NOT NULL,
  -- SHA-256 of the first admin's one-time token; null once it was claimed.
  setup_hash BLOB
);

CREATE TABLE users (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  username TEXT NOT NULL,
  -- Folded form: what login looks up.
  username_key TEXT NOT NULL UNIQUE,
  -- UTS 39 skeleton: two names that look alike have the same.
  skeleton TEXT NOT NULL UNIQUE,
  nickname TEXT NOT NULL,
  -- Folded form: what a search for people looks at.
  nickname_key TEXT NOT NULL,
  email TEXT,
  phone TEXT UNIQUE,
  password_hash TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('member', 'admin', 'bot')),
  bio TEXT NOT NULL,
  locale TEXT,
  created_at TIMESTAMP NOT NULL,
  last_seen_at TIMESTAMP
);

CREATE TABLE sessions (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  -- SHA-256 of the token in the cookie: who reads the database cannot log in with it.
  token_hash BLOB NOT NULL UNIQUE,
  user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  created_at TIMESTAMP NOT NULL,
  last_seen_at TIMESTAMP NOT NULL,
  agent TEXT NOT NULL,
  ip TEXT NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_last_seen ON sessions (last_seen_at);

CREATE TABLE rooms (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL CHECK (kind IN ('public', 'private', 'direct')),
  -- The one room that everybody joins.
  lobby BOOLEAN NOT NULL,
  name TEXT NOT NULL,
  name_key TEXT NOT NULL,
  topic TEXT NOT NULL,
  -- '<lower user id>:<higher user id>', so that a pair has one room for ever.
  direct_key TEXT UNIQUE,
  last_seq BIGINT NOT NULL,
  rev BIGINT NOT NULL,
  member_count BIGINT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  -- Set first, so that the room is gone at once; its rows are erased in small steps afterwards.
  deleted_at TIMESTAMP
);
CREATE UNIQUE INDEX rooms_lobby ON rooms (lobby) WHERE lobby;
CREATE INDEX rooms_kind ON rooms (kind, id);

CREATE TABLE memberships (
  room_id BIGINT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
  user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  role TEXT NOT NULL CHECK (role IN ('owner', 'moderator', 'member')),
  joined_at TIMESTAMP NOT NULL,
  read_seq BIGINT NOT NULL,
  PRIMARY KEY (room_id, user_id)
);
CREATE INDEX memberships_user ON memberships (user_id, room_id);

CREATE TABLE messages (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  room_id BIGINT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
  seq BIGINT NOT NULL,
  rev BIGINT NOT NULL,
  sender_id BIGINT NOT NULL REFERENCES users (id),
  client_id TEXT NOT NULL,
  -- HMAC of room and text as first sent: tells a repeated send from a reused client_id.
  body_hash BLOB NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('text')),
  text TEXT NOT NULL,
  -- The text parsed, as JSON; see docs/protocol.md.
  spans TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  edited_at TIMESTAMP,
  deleted_at TIMESTAMP,
  UNIQUE (room_id, seq),
  UNIQUE (sender_id, client_id)
);
CREATE UNIQUE INDEX messages_rev ON messages (room_id, rev);

CREATE TABLE mentions (
  user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  room_id BIGINT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
  seq BIGINT NOT NULL,
  PRIMARY KEY (user_id, room_id, seq)
);
CREATE INDEX mentions_message ON mentions (room_id, seq);
