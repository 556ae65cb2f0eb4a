-- People that an account has written to and heard from. Times are seconds since 1970 UTC.
CREATE TABLE correspondents (
    account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    -- In small letters.
    email TEXT NOT NULL,
    -- As they were called last; may be empty.
    name TEXT NOT NULL,
    -- In small letters: the name and the address.
    searched TEXT NOT NULL,
    -- How often they were written to; 0 for who was heard from alone.
    written BIGINT NOT NULL,
    last BIGINT NOT NULL,
    PRIMARY KEY (account_id, email)
);
