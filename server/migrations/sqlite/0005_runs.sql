-- When the run that is under way began, or the last one, and what it has brought. It is open, 1, until it has ended: it may
-- have several turns.
ALTER TABLE collectors ADD COLUMN run_begun BIGINT;
ALTER TABLE collectors ADD COLUMN run_open BIGINT NOT NULL DEFAULT 0;
ALTER TABLE collectors ADD COLUMN run_copied BIGINT NOT NULL DEFAULT 0;
ALTER TABLE collectors ADD COLUMN run_bytes BIGINT NOT NULL DEFAULT 0;
-- What the last run that brought anything has brought, and in how many seconds.
ALTER TABLE collectors ADD COLUMN report_ended BIGINT;
ALTER TABLE collectors ADD COLUMN report_seconds BIGINT NOT NULL DEFAULT 0;
ALTER TABLE collectors ADD COLUMN report_copied BIGINT NOT NULL DEFAULT 0;
ALTER TABLE collectors ADD COLUMN report_bytes BIGINT NOT NULL DEFAULT 0;
