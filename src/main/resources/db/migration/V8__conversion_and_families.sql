ALTER TABLE job DROP CONSTRAINT job_state_check;
ALTER TABLE job ADD CONSTRAINT job_state_check CHECK (state IN ('QUEUED', 'CONVERTING', 'CHECKING', 'READY', 'UPLOADING',
    'PROCESSING', 'REPLICATING', 'AVAILABLE', 'REJECTED', 'FAILED', 'CANCELLED'));

ALTER TABLE job
    -- whether the file is converted before its check
    ADD COLUMN convert                 boolean NOT NULL DEFAULT false,
    -- what the conversion made beside the file, and the SHA-256 of the file itself; NULL before it
    ADD COLUMN source_sha256           text,
    ADD COLUMN prepared_inode          bigint,
    ADD COLUMN prepared_bytes          bigint,
    ADD COLUMN prepared_modified_nanos bigint,
    ADD COLUMN prepared_changed_nanos  bigint,

    -- metadata: the family of the image, and how many images of it are kept
    ADD COLUMN family                  text,
    ADD COLUMN keep                    integer,
    -- when and why retention deleted the image at Linode
    ADD COLUMN retired_at              timestamptz,
    ADD COLUMN retired_reason          text;

-- GET /families and retention: the newest first
CREATE INDEX job_family ON job (family, created_at DESC, id DESC) WHERE family IS NOT NULL;
-- GET /jobs?sha256= of converted files
CREATE INDEX job_source ON job (source_sha256) WHERE source_sha256 IS NOT NULL;
-- which jobs hold an image
CREATE INDEX job_image ON job (image_id) WHERE image_id IS NOT NULL;
