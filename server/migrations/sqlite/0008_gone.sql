-- 1 where the message has left the source, and it was not decided yet what becomes of it here.
ALTER TABLE collector_messages ADD COLUMN gone BIGINT NOT NULL DEFAULT 0;
CREATE INDEX collector_messages_gone ON collector_messages (gone, folder_id, hash) WHERE gone = 1;
-- In whose lease that was found out.
ALTER TABLE collector_messages ADD COLUMN gone_by TEXT NOT NULL DEFAULT '';
-- What the mailbox was when it was last found out what has left it; UIDNEXT 0 where it never was. 1 where the mailbox itself has
-- left the source.
ALTER TABLE collector_folders ADD COLUMN gone_messages BIGINT NOT NULL DEFAULT 0;
ALTER TABLE collector_folders ADD COLUMN gone_next BIGINT NOT NULL DEFAULT 0;
ALTER TABLE collector_folders ADD COLUMN gone_whole BIGINT NOT NULL DEFAULT 0;
-- So many messages a person lets go into Trash at once.
ALTER TABLE collectors ADD COLUMN may_go BIGINT NOT NULL DEFAULT 0;
