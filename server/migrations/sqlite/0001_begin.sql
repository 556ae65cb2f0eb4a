-- Times are seconds since 1970 UTC.
CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    -- Who signs in where: the address alone could exist on two servers.
    address TEXT NOT NULL,
    imap TEXT NOT NULL,
    created BIGINT NOT NULL,
    UNIQUE (address, imap)
);

CREATE TABLE accounts (
    id INTEGER PRIMARY KEY,
    user_id INTEGER NOT NULL UNIQUE REFERENCES users (id) ON DELETE CASCADE,
    address TEXT NOT NULL,
    imap TEXT NOT NULL,
    smtp TEXT,
    -- Sealed; see seal.rs.
    password BLOB
);

CREATE TABLE logins (
    -- SHA-256 of the cookie's token.
    token BLOB PRIMARY KEY,
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    device TEXT NOT NULL,
    network TEXT NOT NULL,
    created BIGINT NOT NULL,
    seen BIGINT NOT NULL
);
CREATE INDEX logins_user ON logins (user_id);

CREATE TABLE blobs (
    id TEXT PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    content_type TEXT NOT NULL,
    size BIGINT NOT NULL,
    created BIGINT NOT NULL
);

-- Where Drafts keeps each draft now, so that a save replaces it.
CREATE TABLE drafts (
    account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    id TEXT NOT NULL,
    mailbox TEXT NOT NULL,
    uid_validity BIGINT NOT NULL,
    uid BIGINT NOT NULL,
    saved BIGINT NOT NULL,
    PRIMARY KEY (account_id, id)
);

CREATE TABLE submissions (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    draft_id TEXT NOT NULL,
    -- JSON: the draft as it was handed over.
    draft TEXT NOT NULL,
    state TEXT NOT NULL,
    -- JSON: what the server refused.
    refusals TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    -- When it may be tried (again).
    due BIGINT NOT NULL,
    -- Whoever works on it owns it until then.
    lease BIGINT NOT NULL,
    created BIGINT NOT NULL,
    -- 1 when what was sent is in Sent.
    filed BIGINT NOT NULL DEFAULT 0,
    UNIQUE (account_id, draft_id)
);
CREATE INDEX submissions_due ON submissions (state, due);
