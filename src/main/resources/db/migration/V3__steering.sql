-- what an operator may set and ask for while the daemons run

-- "10M", "off"; NULL for the setting imageferry.upload.bandwidth
ALTER TABLE control ADD COLUMN bandwidth text;
-- a cancelled job is claimed at once, whatever it waits for
CREATE INDEX job_cancel ON job (state) WHERE cancel_requested AND archived_at IS NULL;
-- what the stream tells of ended jobs; of the others it looks at those that are not archived
CREATE INDEX job_archived ON job (archived_at) WHERE archived_at IS NOT NULL;

-- lists: of a state by time, and by priority, of a state and of all; nothing here changes while bytes are sent
CREATE INDEX job_state_newest ON job (state, created_at, id);
CREATE INDEX job_state_priority ON job (state, priority DESC, created_at, id);
CREATE INDEX job_priority ON job (priority DESC, created_at, id);
CREATE INDEX job_success ON job (outcome_at) WHERE state = 'AVAILABLE';

-- how many jobs are at each end now: those that are not are few and counted
INSERT INTO total (name, value)
SELECT 'now_' || state, (SELECT count(*) FROM job WHERE job.state = ended.state AND job.outcome_at IS NOT NULL)
FROM unnest(ARRAY ['AVAILABLE', 'REJECTED', 'FAILED', 'CANCELLED']) AS ended (state);

-- for a search that begins with a wildcard. Where the extension is not to be had, such a search looks at the newest jobs only
DO $$
BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
    CREATE INDEX job_file_trigrams ON job USING gin (file gin_trgm_ops);
    CREATE INDEX job_label_trigrams ON job USING gin (label gin_trgm_ops);
EXCEPTION
    WHEN insufficient_privilege OR undefined_file OR feature_not_supported THEN
        RAISE NOTICE 'pg_trgm cannot be created (%): a search that begins with * looks at the newest 10,000 jobs and the unfinished', SQLERRM;
END $$;
