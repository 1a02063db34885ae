-- Inode, size and modification time all come back: a freed inode is given to the next file, and reproducible builds set one
-- modification time. The inode's change time does not.

-- 0: not known, the row is older than this column
ALTER TABLE job ADD COLUMN changed_nanos bigint NOT NULL DEFAULT 0;
ALTER TABLE job ADD COLUMN sidecar_changed_nanos bigint;

-- when the file was moved or deleted by archiving, or a walk saw the folder without it: from then on the row says nothing of the
-- file that has its path
ALTER TABLE job ADD COLUMN file_gone_at timestamptz;

-- since when the file has had this fingerprint, as far as the daemon has seen: the clock for unfinished copies
ALTER TABLE job ADD COLUMN file_since timestamptz;
UPDATE job SET file_since = created_at;
ALTER TABLE job ALTER COLUMN file_since SET NOT NULL;

DROP INDEX job_once_per_content;
CREATE UNIQUE INDEX job_once_per_content ON job (folder_id, md5(file), inode, bytes, modified_nanos, changed_nanos)
    WHERE file_gone_at IS NULL;
