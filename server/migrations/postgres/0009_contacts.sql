-- People. A card is a vCard 4.0 (RFC 6350); the rest of a row is taken from it: what to call them, their addresses with spaces
-- between, and what they are looked for by, in small letters.
CREATE TABLE contacts (
    id TEXT PRIMARY KEY,
    account_id BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    emails TEXT NOT NULL,
    phones TEXT NOT NULL,
    searched TEXT NOT NULL,
    card TEXT NOT NULL
);
CREATE INDEX contacts_account ON contacts (account_id);

-- Files of people that were brought, or are about to be. Times are seconds since 1970 UTC.
CREATE TABLE contact_imports (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    title TEXT NOT NULL,
    created BIGINT NOT NULL,
    -- `shown` until a person has said yes, `done` from then on, `undone`.
    state TEXT NOT NULL,
    -- JSON: the cards, as long as nothing was done with them.
    cards TEXT NOT NULL,
    -- How many could not be read.
    unread BIGINT NOT NULL,
    fresh BIGINT NOT NULL DEFAULT 0,
    joined BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX contact_imports_account ON contact_imports (account_id);

-- What an import has changed: the card as it was before, or none where there was nobody.
CREATE TABLE contact_changes (
    import_id BIGINT NOT NULL REFERENCES contact_imports (id) ON DELETE CASCADE,
    contact_id TEXT NOT NULL,
    before TEXT,
    PRIMARY KEY (import_id, contact_id)
);
