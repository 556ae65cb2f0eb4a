-- What an authenticator knows a person by (WebAuthn §14.6.1): random, so that it says nothing of who it is.
ALTER TABLE users ADD COLUMN handle BYTEA;

-- Passkeys that are asked for after the password. Times are seconds since 1970 UTC.
CREATE TABLE passkeys (
    -- Names it to its person.
    id TEXT PRIMARY KEY,
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- As the person calls it.
    name TEXT NOT NULL,
    -- The host of Pismo where it was added: it is good there alone (WebAuthn §5.1.2, rp.id).
    site TEXT NOT NULL,
    -- Its id. No two people have one (WebAuthn §7.1, step 26).
    credential BYTEA NOT NULL UNIQUE,
    -- Its public key and what is known of it, as JSON. All of it may be known.
    known TEXT NOT NULL,
    -- How often it had signed (WebAuthn §6.1.1); 0 where it does not count.
    counter BIGINT NOT NULL,
    created BIGINT NOT NULL,
    used BIGINT
);
CREATE INDEX passkeys_user ON passkeys (user_id);
