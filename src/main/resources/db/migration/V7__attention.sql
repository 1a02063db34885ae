-- The lists of the page. Nothing here changes while bytes are sent.

-- what has ended, the latest first
CREATE INDEX job_ended ON job (outcome_at, id) WHERE outcome_at IS NOT NULL;
-- recent failures
CREATE INDEX job_failure ON job (outcome_at)
    WHERE state IN ('FAILED', 'REJECTED') OR (state = 'CANCELLED' AND error_code = 'image-vanished');
