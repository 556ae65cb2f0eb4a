-- Collectors bring mail from other accounts here. Times are seconds since 1970 UTC.
CREATE TABLE collectors (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    login TEXT NOT NULL,
    -- Sealed; see seal.rs.
    password BLOB,
    -- JSON: see app/src/wire/collector.rs.
    options TEXT NOT NULL,
    state TEXT NOT NULL,
    -- When it runs next.
    due BIGINT NOT NULL,
    -- Whoever runs it owns it until then, and is called so.
    lease BIGINT NOT NULL DEFAULT 0,
    holder TEXT NOT NULL DEFAULT '',
    -- Runs that failed since the last one that did not.
    failures BIGINT NOT NULL DEFAULT 0,
    last_success BIGINT,
    -- JSON: why the last run failed; NULL if it did not.
    trouble TEXT,
    created BIGINT NOT NULL
);
-- Two at one source would each bring what is new.
CREATE UNIQUE INDEX collectors_source ON collectors (account_id, endpoint, login);
CREATE INDEX collectors_due ON collectors (state, due);

-- Which mailbox of the source goes where, and how far it has been gone through.
CREATE TABLE collector_folders (
    id INTEGER PRIMARY KEY,
    collector_id INTEGER NOT NULL REFERENCES collectors (id) ON DELETE CASCADE,
    source TEXT NOT NULL,
    target TEXT NOT NULL,
    -- The source's mailbox as it was when all of it was last gone through.
    uid_validity BIGINT NOT NULL DEFAULT 0,
    uid_next BIGINT NOT NULL DEFAULT 0,
    modseq BIGINT NOT NULL DEFAULT 0,
    messages BIGINT NOT NULL DEFAULT 0,
    -- When its flags were last compared.
    compared BIGINT NOT NULL DEFAULT 0,
    -- 0 until it has been gone through once under this UIDVALIDITY.
    settled BIGINT NOT NULL DEFAULT 0,
    target_validity BIGINT NOT NULL DEFAULT 0,
    -- What has lower UIDs in the target was there before, and may be what the source holds.
    target_base BIGINT NOT NULL DEFAULT 0,
    -- For whoever looks on.
    copied BIGINT NOT NULL DEFAULT 0,
    bytes BIGINT NOT NULL DEFAULT 0,
    refused BIGINT NOT NULL DEFAULT 0,
    -- JSON: why it could not be gone through; NULL if it could.
    trouble TEXT,
    UNIQUE (collector_id, source),
    UNIQUE (collector_id, target)
);

-- The ledger: each message of the source that was dealt with.
CREATE TABLE collector_messages (
    folder_id INTEGER NOT NULL REFERENCES collector_folders (id) ON DELETE CASCADE,
    uid_validity BIGINT NOT NULL,
    uid BIGINT NOT NULL,
    -- Octets with every line end counted as two, octets as they came, INTERNALDATE and SHA-256 in hexadecimal; see
    -- collector/digest.rs.
    size BIGINT NOT NULL,
    raw BIGINT NOT NULL,
    date BIGINT,
    hash TEXT NOT NULL,
    -- The source's flags as they were last seen, with spaces between them; also those that the target does not keep.
    flags TEXT NOT NULL,
    -- Where it is. Without a UID it is nowhere yet; with both 0 it is there, and nobody knows where.
    target_validity BIGINT NOT NULL DEFAULT 0,
    target_uid BIGINT,
    -- It was about to be sent when the target's UIDNEXT was this.
    target_next BIGINT,
    -- And when.
    sent BIGINT NOT NULL DEFAULT 0,
    attempts BIGINT NOT NULL DEFAULT 0,
    -- JSON: why it could not be brought; NULL if nothing hinders it.
    reason TEXT,
    PRIMARY KEY (folder_id, uid_validity, uid)
) WITHOUT ROWID;
CREATE INDEX collector_messages_open ON collector_messages (folder_id) WHERE target_uid IS NULL;
