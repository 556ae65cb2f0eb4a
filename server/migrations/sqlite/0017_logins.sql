-- By what a person sees and names a login: neither its token nor a number that could be guessed.
ALTER TABLE logins ADD COLUMN id TEXT;
UPDATE logins SET id = lower(hex(randomblob(16)));
CREATE UNIQUE INDEX logins_id ON logins (id);

-- Logins that were ended, for a while: other nodes close what is open of them.
CREATE TABLE endings (
    token BLOB PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    at BIGINT NOT NULL
);
CREATE INDEX endings_at ON endings (at);

-- Who has signed in to an account, and who has tried. Times are seconds since 1970 UTC.
CREATE TABLE sign_ins (
    id INTEGER PRIMARY KEY,
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    at BIGINT NOT NULL,
    -- What the browser says it is.
    device TEXT NOT NULL,
    network TEXT NOT NULL,
    -- A name of app/src/view/logins.rs, Outcome.
    outcome TEXT NOT NULL
);
CREATE INDEX sign_ins_user ON sign_ins (user_id, id);
CREATE INDEX sign_ins_at ON sign_ins (at);

-- Whoever only tries writes an address in whatever way.
CREATE INDEX users_address ON users (LOWER(address));

-- Who is asked for a code after the password.
CREATE TABLE second_steps (
    user_id INTEGER PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    -- What the authenticator has as well, sealed; see seal.rs.
    sealed BLOB NOT NULL,
    -- The half minute since 1970 whose code was taken last: no code is good twice.
    step BIGINT NOT NULL
);

CREATE TABLE recovery_codes (
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- SHA-256 of the user and the code.
    code BLOB NOT NULL,
    PRIMARY KEY (user_id, code)
);
