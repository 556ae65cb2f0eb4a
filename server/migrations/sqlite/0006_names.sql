-- The messages of a POP3 source, which has no UIDs: each gets one of ours, by the name that the source gives it.
CREATE TABLE collector_names (
    folder_id INTEGER NOT NULL REFERENCES collector_folders (id) ON DELETE CASCADE,
    -- As UIDL says it (RFC 1939 §7), or what stands for it; see collector/maildrop.rs.
    name TEXT NOT NULL,
    -- Which of those that have the same name, from 0 on in the order of the source.
    nth BIGINT NOT NULL,
    uid BIGINT NOT NULL,
    -- 1 if the source had it when it was last gone through.
    present BIGINT NOT NULL DEFAULT 1,
    PRIMARY KEY (folder_id, name, nth)
) WITHOUT ROWID;
CREATE INDEX collector_names_present ON collector_names (folder_id) WHERE present = 1;
