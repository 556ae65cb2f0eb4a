-- JSON: what came back about a message that was sent; see app/src/wire/report.rs.
ALTER TABLE submissions ADD COLUMN reports TEXT NOT NULL DEFAULT '[]';
-- 1 when it did not get to somebody.
ALTER TABLE submissions ADD COLUMN came_back BIGINT NOT NULL DEFAULT 0;
-- JSON: of which message it tells that it was read; NULL for what a person has written. See server/src/mime/build/receipt.rs.
ALTER TABLE submissions ADD COLUMN receipt TEXT;
-- What is done when somebody would like to know that a message was read.
ALTER TABLE settings ADD COLUMN receipts TEXT NOT NULL DEFAULT 'ask';
