ALTER TABLE rooms DROP COLUMN recall_seconds;
ALTER TABLE memberships DROP COLUMN muted;
ALTER TABLE memberships DROP COLUMN notify;
ALTER TABLE users DROP COLUMN avatar;
DROP TABLE blocks;
DROP TABLE contacts;
DROP TABLE reactions;
DROP TABLE removed_files;
DROP TABLE uploads;
DROP TABLE blobs;
-- What was recalled stays unsaid; pictures become messages without words.
UPDATE messages SET deleted_at = recalled_at WHERE recalled_at IS NOT NULL;
ALTER TABLE messages DROP COLUMN recalled_at;
ALTER TABLE messages DROP COLUMN reply_seq;
ALTER TABLE messages DROP COLUMN reply_to;
UPDATE messages SET kind = 'text';
ALTER TABLE messages ADD CONSTRAINT messages_kind_check CHECK (kind IN ('text'));
