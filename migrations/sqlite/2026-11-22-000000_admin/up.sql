-- What an admin made of an account: 'banned' and 'deactivated' end every session and refuse the next; the name stays taken.
ALTER TABLE users ADD COLUMN status TEXT NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'banned', 'deactivated'));
-- Why, for its person to read.
ALTER TABLE users ADD COLUMN status_reason TEXT NOT NULL DEFAULT '';
-- Until then they write nowhere.
ALTER TABLE users ADD COLUMN silenced_until TIMESTAMP;
-- The link that brought them.
ALTER TABLE users ADD COLUMN invite_id BIGINT;
CREATE INDEX users_seen ON users (last_seen_at);

-- Until then they write nothing in this room.
ALTER TABLE memberships ADD COLUMN silenced_until TIMESTAMP;

-- Who may write: everybody, moderators and above, or admins alone.
ALTER TABLE rooms ADD COLUMN post_policy TEXT NOT NULL DEFAULT 'everyone' CHECK (post_policy IN ('everyone', 'moderators', 'admins'));
-- Seconds a member waits between messages; 0 for none.
ALTER TABLE rooms ADD COLUMN slow_seconds BIGINT NOT NULL DEFAULT 0;
-- Guests may read it, where the site allows guests at all.
ALTER TABLE rooms ADD COLUMN public_read BOOLEAN NOT NULL DEFAULT FALSE;
-- Since then it is only read.
ALTER TABLE rooms ADD COLUMN archived_at TIMESTAMP;
-- What is kept: as the site's setting says, all, so many days, or so many messages.
ALTER TABLE rooms ADD COLUMN retention TEXT NOT NULL DEFAULT 'default' CHECK (retention IN ('default', 'forever', 'days', 'count'));
ALTER TABLE rooms ADD COLUMN retention_value BIGINT NOT NULL DEFAULT 0;
-- What is shown: the last so many hours, at most so many messages; null as the site's settings say, 0 for all.
ALTER TABLE rooms ADD COLUMN window_hours BIGINT;
ALTER TABLE rooms ADD COLUMN window_count BIGINT;
-- Messages up to here are gone for good.
ALTER TABLE rooms ADD COLUMN floor_seq BIGINT NOT NULL DEFAULT 0;

-- Sends whose messages were pruned, so that a late repetition is known: kept for 90 days.
CREATE TABLE sent_keys (
  sender_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  client_id TEXT NOT NULL,
  body_hash BLOB NOT NULL,
  pruned_at TIMESTAMP NOT NULL,
  PRIMARY KEY (sender_id, client_id)
);
CREATE INDEX sent_keys_pruned ON sent_keys (pruned_at);

-- What admins set, as JSON; a setting that is not here has its default.
CREATE TABLE settings (
  name TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL,
  updated_at TIMESTAMP NOT NULL,
  updated_by BIGINT REFERENCES users (id) ON DELETE SET NULL
);

-- Who did what to whom; rows are added and never changed.
CREATE TABLE audit_log (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  at TIMESTAMP NOT NULL,
  -- Null for the command line.
  actor_id BIGINT,
  -- As they were called then.
  actor_name TEXT NOT NULL,
  -- One of a closed list, such as 'user.ban'.
  act TEXT NOT NULL,
  -- 'user', 'room', 'message' …; empty where the act has no object.
  target_kind TEXT NOT NULL,
  target_id BIGINT,
  -- As it was called then.
  target_name TEXT NOT NULL,
  -- More about it, a JSON object.
  detail TEXT NOT NULL,
  -- From where; empty for the command line.
  ip TEXT NOT NULL
);
CREATE INDEX audit_log_actor ON audit_log (actor_id, id);
CREATE INDEX audit_log_act ON audit_log (act, id);
CREATE INDEX audit_log_target ON audit_log (target_kind, target_id, id);
CREATE INDEX audit_log_at ON audit_log (at);

-- Messages that admins send with one click.
CREATE TABLE presets (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  -- The words on its chip.
  label TEXT NOT NULL,
  -- May be empty where there is an image.
  text TEXT NOT NULL,
  blob_id BIGINT REFERENCES blobs (id),
  position BIGINT NOT NULL,
  -- Seconds to count down after it was sent; null for none.
  countdown_seconds BIGINT,
  -- What to send when the countdown ends.
  next_id BIGINT REFERENCES presets (id) ON DELETE SET NULL,
  updated_at TIMESTAMP NOT NULL,
  updated_by BIGINT REFERENCES users (id) ON DELETE SET NULL
);
CREATE INDEX presets_blob ON presets (blob_id);

-- Countdowns, running while ended_at is null.
CREATE TABLE countdowns (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  room_id BIGINT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
  label TEXT NOT NULL,
  started_by BIGINT NOT NULL REFERENCES users (id),
  started_at TIMESTAMP NOT NULL,
  ends_at TIMESTAMP NOT NULL,
  -- What to send at the end, as it is by then.
  next_id BIGINT REFERENCES presets (id) ON DELETE SET NULL,
  ended_at TIMESTAMP,
  -- Who stopped it early.
  stopped_by BIGINT REFERENCES users (id)
);
CREATE UNIQUE INDEX countdowns_running ON countdowns (room_id) WHERE ended_at IS NULL;

-- Versions of the announcement; the newest published one that was not withdrawn is in force.
CREATE TABLE announcements (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  title TEXT NOT NULL,
  text TEXT NOT NULL,
  -- What the image shows, for who cannot see it.
  alt TEXT NOT NULL,
  blob_id BIGINT REFERENCES blobs (id),
  -- Also behind the chat.
  background BOOLEAN NOT NULL,
  author_id BIGINT NOT NULL REFERENCES users (id),
  created_at TIMESTAMP NOT NULL,
  -- Null while it is a draft.
  published_at TIMESTAMP,
  withdrawn_at TIMESTAMP
);
CREATE INDEX announcements_published ON announcements (published_at);
CREATE INDEX announcements_blob ON announcements (blob_id);

-- Who closed which version.
CREATE TABLE announcement_reads (
  announcement_id BIGINT NOT NULL REFERENCES announcements (id) ON DELETE CASCADE,
  user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  read_at TIMESTAMP NOT NULL,
  PRIMARY KEY (announcement_id, user_id)
);

-- Messages that members reported; open while settled_at is null.
CREATE TABLE reports (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  message_id BIGINT NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
  room_id BIGINT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
  reporter_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  -- One of a closed list, such as 'spam'.
  reason TEXT NOT NULL,
  note TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  settled_at TIMESTAMP,
  settled_by BIGINT REFERENCES users (id),
  -- What was done: 'dismissed', 'deleted' …
  outcome TEXT,
  UNIQUE (message_id, reporter_id)
);
CREATE INDEX reports_open ON reports (created_at) WHERE settled_at IS NULL;

-- Links that let somebody register.
CREATE TABLE invites (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  -- SHA-256 of the token in the link.
  token_hash BLOB NOT NULL UNIQUE,
  note TEXT NOT NULL,
  created_by BIGINT NOT NULL REFERENCES users (id),
  created_at TIMESTAMP NOT NULL,
  -- Null for never.
  expires_at TIMESTAMP,
  -- Null for any number.
  max_uses BIGINT,
  uses BIGINT NOT NULL,
  revoked_at TIMESTAMP
);

-- One-time links to a new password.
CREATE TABLE password_resets (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  -- SHA-256 of the token in the link.
  token_hash BLOB NOT NULL UNIQUE,
  user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  -- The admin who made it.
  created_by BIGINT REFERENCES users (id) ON DELETE SET NULL,
  created_at TIMESTAMP NOT NULL,
  expires_at TIMESTAMP NOT NULL,
  used_at TIMESTAMP
);
CREATE INDEX password_resets_user ON password_resets (user_id);

-- Counted as it goes, so that no page counts a million rows. Days are UTC, 'YYYY-MM-DD'.
CREATE TABLE daily_stats (
  day TEXT NOT NULL PRIMARY KEY,
  messages BIGINT NOT NULL,
  peak_online BIGINT NOT NULL
);
-- Messages up to this id are counted in daily_stats.
ALTER TABLE meta ADD COLUMN counted_id BIGINT NOT NULL DEFAULT 0;
