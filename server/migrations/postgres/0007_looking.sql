-- Where messages have labels, as at Gmail, one message is in several mailboxes of the source: which one it is.
ALTER TABLE collector_messages ADD COLUMN email BIGINT;
CREATE INDEX collector_messages_email ON collector_messages (email) WHERE email IS NOT NULL;

-- When a message of a POP3 source was first seen; 0 where that is not known. Counts for when it may be deleted there.
ALTER TABLE collector_names ADD COLUMN added BIGINT NOT NULL DEFAULT 0;

-- A source may be looked at before anything is brought: 1 until that is done, 2 from then until something is.
ALTER TABLE collectors ADD COLUMN looking BIGINT NOT NULL DEFAULT 0;
-- Octets of the mailbox as they were then; NULL where its messages are counted elsewhere, or nobody has looked.
ALTER TABLE collector_folders ADD COLUMN octets BIGINT;
