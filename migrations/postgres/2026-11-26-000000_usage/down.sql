DROP INDEX blobs_stored;
DROP TABLE storage;
DROP TABLE upload_hours;
