-- What people upload, hour by hour: it counts for a day, also when the picture is taken back.
CREATE TABLE upload_hours (
  owner_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  -- Hours since 1970, UTC.
  hour BIGINT NOT NULL,
  uploads BIGINT NOT NULL,
  bytes BIGINT NOT NULL,
  PRIMARY KEY (owner_id, hour)
);

-- One row at most: the sum of stored_bytes of all blobs, so that no upload has to add them up. Without a row it is 0: a backup that
-- is brought back has its own.
CREATE TABLE storage (
  id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
  bytes BIGINT NOT NULL
);
INSERT INTO storage (id, bytes) SELECT 1, CAST(SUM(stored_bytes) AS BIGINT) FROM blobs HAVING COUNT(*) > 0;

-- A person's sum is read from the index alone.
CREATE INDEX blobs_stored ON blobs (owner_id, stored_bytes);
