-- The page lists recent failures first. They are few, and nothing here changes while bytes are sent.
CREATE INDEX job_failure ON job (outcome_at)
    WHERE state IN ('FAILED', 'REJECTED') OR (state = 'CANCELLED' AND error_code = 'image-vanished');
