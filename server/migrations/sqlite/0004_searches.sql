-- Searches that a person has kept.
CREATE TABLE searches (
    account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    -- JSON: what is searched for, and where.
    query TEXT NOT NULL,
    PRIMARY KEY (account_id, name)
);
