-- what an operator may set and ask for while the daemons run

-- "10M", "off"; NULL for the setting imageferry.upload.bandwidth
ALTER TABLE control ADD COLUMN bandwidth text;
-- a cancelled job is claimed at once, whatever it waits for
CREATE INDEX job_cancel ON job (state) WHERE cancel_requested AND archived_at IS NULL;
-- what the stream tells of ended jobs; of the others it looks at those that are not archived
CREATE INDEX job_archived ON job (archived_at) WHERE archived_at IS NOT NULL;
