-- Which login has saved or opened a draft last, so that nobody saves over what another has written.
ALTER TABLE drafts ADD COLUMN writer TEXT NOT NULL DEFAULT '';
