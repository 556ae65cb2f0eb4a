-- What the mail server calls the user's inbox for ever, as of their last sign-in; empty where it does not tell.
ALTER TABLE users ADD COLUMN inbox TEXT NOT NULL DEFAULT '';
CREATE INDEX users_inbox ON users (inbox) WHERE inbox <> '';
