-- Whether a message here was brought by a collector is asked when it is opened.
CREATE INDEX collector_messages_target ON collector_messages (folder_id, target_validity, target_uid) WHERE target_uid > 0;
