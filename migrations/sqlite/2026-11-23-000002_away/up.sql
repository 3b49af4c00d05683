-- What somebody says of being away: null while they are not, empty where they say nothing.
ALTER TABLE users ADD COLUMN away TEXT;
