-- From then on nobody can know whether a message that was not answered was sent.
ALTER TABLE submissions ADD COLUMN announced BIGINT NOT NULL DEFAULT 0;
