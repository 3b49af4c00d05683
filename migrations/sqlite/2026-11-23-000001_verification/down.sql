DROP TABLE verifications;
DROP INDEX users_email_key;
ALTER TABLE users DROP COLUMN email_key;
-- A number was one account's alone: of several who wrote it down, the first keeps it.
UPDATE users SET phone_key = phone WHERE phone_key IS NULL AND phone NOT IN (SELECT phone_key FROM users WHERE phone_key IS NOT NULL)
  AND id IN (SELECT min(id) FROM users WHERE phone_key IS NULL GROUP BY phone);
ALTER TABLE users DROP COLUMN phone;
ALTER TABLE users RENAME COLUMN phone_key TO phone;
