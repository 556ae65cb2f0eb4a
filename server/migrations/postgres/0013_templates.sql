-- Texts that a person keeps to write with.
CREATE TABLE templates (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    subject TEXT NOT NULL,
    -- JSON: addresses of app/src/wire/message.rs.
    recipients TEXT NOT NULL,
    body TEXT NOT NULL,
    -- 1 where the body is HTML.
    formatted BIGINT NOT NULL,
    UNIQUE (account_id, name)
);
