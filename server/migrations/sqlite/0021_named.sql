-- The highest UID of ours that a POP3 source's messages had when this one was last about to be sent: what is named later may
-- be it, if the source is the target itself.
ALTER TABLE collector_messages ADD COLUMN named BIGINT NOT NULL DEFAULT 0;
CREATE INDEX collector_messages_named ON collector_messages (folder_id, hash) WHERE named > 0;
