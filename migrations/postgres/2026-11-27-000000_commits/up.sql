-- Which transaction each process committed last, by a number of its own: asked when the answer to a COMMIT was lost. PostgreSQL's own
-- numbers would not do: after a crash it gives those again of which nothing was on the disk.
CREATE TABLE commits (
  process BIGINT NOT NULL PRIMARY KEY,
  number BIGINT NOT NULL,
  at TIMESTAMP NOT NULL
);
