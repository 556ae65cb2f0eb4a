-- As whom a person writes (RFC 8621 §6). Times are seconds since 1970 UTC.
CREATE TABLE identities (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    -- An address; *@domain for any of a domain.
    email TEXT NOT NULL,
    -- JSON: see app/src/wire/identity.rs.
    choices TEXT NOT NULL DEFAULT '{}',
    -- 1 for the one with which a new message begins.
    preferred BIGINT NOT NULL DEFAULT 0,
    -- The server it is sent through and who logs in there; NULL for the account's own.
    smtp TEXT,
    login TEXT,
    -- Sealed; see seal.rs.
    password BLOB,
    -- The collected account that it is of: a new password there is a new one here.
    collector_id INTEGER REFERENCES collectors (id) ON DELETE SET NULL,
    UNIQUE (account_id, email)
);
INSERT INTO identities (account_id, email, preferred) SELECT id, address, 1 FROM accounts;
