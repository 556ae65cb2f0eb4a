-- Whose pictures on the net a person wants to see: kind is 'sender', 'domain' or 'message', and the value that address, that
-- domain, or a hash of that message's name and sender.
CREATE TABLE pictures_allowed (
    account_id BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    -- In seconds since 1970 UTC.
    added BIGINT NOT NULL,
    PRIMARY KEY (account_id, kind, value)
);
