-- What the search looks words up in. The tokens are made by Parlor; PostgreSQL's own parser never sees a message.
CREATE TABLE message_index (
  message_id BIGINT NOT NULL PRIMARY KEY REFERENCES messages (id) ON DELETE CASCADE,
  tokens TSVECTOR NOT NULL
);
CREATE INDEX message_index_tokens ON message_index USING gin (tokens);

-- One row, made at the first start: messages from `since_id` on are in the index, as this version of the tokens has them.
CREATE TABLE search_progress (
  id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
  version INTEGER NOT NULL,
  since_id BIGINT NOT NULL
);
