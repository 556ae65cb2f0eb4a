-- The highest UID of ours that a POP3 source's messages had when this one was last about to be sent: what is named later may
-- be it, if the source is the target itself.
ALTER TABLE collector_messages ADD COLUMN named BIGINT NOT NULL DEFAULT 0;
