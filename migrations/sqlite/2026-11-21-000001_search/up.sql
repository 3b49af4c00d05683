-- What the search looks words up in; rowid is the id of the message. The tokens are made by Parlor and are separated by spaces:
-- this tokenizer only cuts there. Contentless without contentless_delete: that one keeps the tokens of deleted entries in the
-- file until a merge happens to pass by, while 'delete' with the tokens themselves and secure-delete takes them out at once.
CREATE VIRTUAL TABLE message_index USING fts5 (tokens, content = '', detail = none, columnsize = 0, tokenize = 'ascii');
INSERT INTO message_index (message_index, rank) VALUES ('secure-delete', 1);

-- One row, made at the first start: messages from `since_id` on are in the index, as this version of the tokens has them.
CREATE TABLE search_progress (
  id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
  version INTEGER NOT NULL,
  since_id BIGINT NOT NULL
);
