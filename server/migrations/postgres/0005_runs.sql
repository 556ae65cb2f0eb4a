-- What was there when the run that is under way began: what is here beside it was brought since.
ALTER TABLE collectors ADD COLUMN run_begun BIGINT;
ALTER TABLE collectors ADD COLUMN run_copied BIGINT NOT NULL DEFAULT 0;
ALTER TABLE collectors ADD COLUMN run_bytes BIGINT NOT NULL DEFAULT 0;
-- What the last run that brought anything has brought, and in how many seconds.
ALTER TABLE collectors ADD COLUMN report_ended BIGINT;
ALTER TABLE collectors ADD COLUMN report_seconds BIGINT NOT NULL DEFAULT 0;
ALTER TABLE collectors ADD COLUMN report_copied BIGINT NOT NULL DEFAULT 0;
ALTER TABLE collectors ADD COLUMN report_bytes BIGINT NOT NULL DEFAULT 0;
