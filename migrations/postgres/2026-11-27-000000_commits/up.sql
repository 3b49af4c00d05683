-- Which transaction the processes of a data folder (`process` is its number) committed last, by a number of its own: asked when the answer
-- to a COMMIT was lost, and whether the database that answers has all that was committed. PostgreSQL's own numbers would not do: after a crash
-- it gives those again of which nothing was on the disk. Beside 0 stands which process had the database last.
CREATE TABLE commits (
  process BIGINT NOT NULL PRIMARY KEY,
  number BIGINT NOT NULL,
  at TIMESTAMP NOT NULL
);
