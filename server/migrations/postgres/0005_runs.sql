-- What the run that is under way has done, or the last one: counted from what was there when it began.
ALTER TABLE collectors ADD COLUMN run_begun BIGINT;
ALTER TABLE collectors ADD COLUMN run_ended BIGINT;
ALTER TABLE collectors ADD COLUMN run_copied BIGINT NOT NULL DEFAULT 0;
ALTER TABLE collectors ADD COLUMN run_bytes BIGINT NOT NULL DEFAULT 0;
