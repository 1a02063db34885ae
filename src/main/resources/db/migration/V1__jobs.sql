-- The only memory of the daemon. All times are the database's clock.

CREATE TABLE job (
    id                uuid        PRIMARY KEY,
    -- the file: a path below the folder with this identity, and what tells one content of it from the next
    folder_id         uuid        NOT NULL,
    file              text        NOT NULL,
    inode             bigint      NOT NULL,
    bytes             bigint      NOT NULL,
    modified_nanos    bigint      NOT NULL,

    state             text        NOT NULL CHECK (state IN ('QUEUED', 'CHECKING', 'READY', 'UPLOADING', 'PROCESSING',
                                      'REPLICATING', 'AVAILABLE', 'REJECTED', 'FAILED', 'CANCELLED')),
    state_since       timestamptz NOT NULL,
    priority          integer     NOT NULL,

    -- metadata: read when the file settles, fixed when the image is created
    label             text        NOT NULL,
    description       text        NOT NULL,
    region            text,
    tags              text[]      NOT NULL,
    cloud_init        boolean     NOT NULL,
    replicate_to      text[]      NOT NULL,

    -- what the check found
    uncompressed_bytes bigint,
    sha256            text,
    md5               text,
    crc32c            integer,
    contents          jsonb,

    -- what is known at Linode; the number and the flag are committed before each create call
    image_number      integer     NOT NULL DEFAULT 0,
    create_unresolved boolean     NOT NULL DEFAULT false,
    image_id          text,
    image_status      text,
    image_regions     jsonb       NOT NULL DEFAULT '[]',
    -- secret; NULL when it is no longer needed
    upload_url        text,
    -- when the held-back end of the last PUT was let go
    all_bytes_sent_at timestamptz,
    bytes_sent        bigint      NOT NULL DEFAULT 0,

    attempt           integer     NOT NULL DEFAULT 0,
    next_run_at       timestamptz NOT NULL,
    error_code        text,
    error_message     text,
    -- since when error_code has been what it is
    error_since       timestamptz,

    -- the lease: each claim adds 1 to the epoch, each write of its holder carries it
    instance          text,
    lease_epoch       bigint      NOT NULL DEFAULT 0,
    lease_until       timestamptz,
    cancel_requested  boolean     NOT NULL DEFAULT false,

    -- outcome and archiving are two facts: a row with an outcome is only ever archived, never run again
    outcome_at        timestamptz,
    archive_name      text,
    archived_at       timestamptz,

    created_at        timestamptz NOT NULL,
    started_at        timestamptz,
    updated_at        timestamptz NOT NULL,

    CONSTRAINT job_outcome_is_end CHECK ((outcome_at IS NOT NULL) = (state IN ('AVAILABLE', 'REJECTED', 'FAILED', 'CANCELLED'))),
    CONSTRAINT job_archived_has_outcome CHECK (archived_at IS NULL OR outcome_at IS NOT NULL),
    CONSTRAINT job_lease_has_holder CHECK ((instance IS NULL) = (lease_until IS NULL))
) WITH (fillfactor = 70); -- heartbeats and progress stay on their page (HOT): nothing they change is indexed

-- over ended jobs too: a kept or not yet moved file is never uploaded twice. By the path's hash, for a path can be longer
-- than an index entry may be
CREATE UNIQUE INDEX job_once_per_content ON job (folder_id, md5(file), inode, bytes, modified_nanos);
-- the claim reads this in order
CREATE INDEX job_claimable ON job (state, priority DESC, created_at, id) WHERE archived_at IS NULL;
-- the page and GET /jobs: newest first, of all or of a state
CREATE INDEX job_newest ON job (created_at, id);
CREATE INDEX job_file ON job (md5(file));
CREATE INDEX job_label ON job (label text_pattern_ops);
-- deduplication
CREATE INDEX job_content ON job (sha256) WHERE sha256 IS NOT NULL;

CREATE TABLE job_history (
    id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    job_id     uuid        NOT NULL REFERENCES job ON DELETE CASCADE,
    at         timestamptz NOT NULL,
    -- NULL when the job was made
    from_state text,
    to_state   text        NOT NULL,
    attempt    integer     NOT NULL,
    instance   text,
    detail     text        NOT NULL
);
CREATE INDEX job_history_of_job ON job_history (job_id, id);

-- exact over restarts: a transition adds to these in its own transaction
CREATE TABLE total (
    name  text   PRIMARY KEY,
    value bigint NOT NULL
);
INSERT INTO total (name, value)
VALUES ('delivered_bytes', 0), ('wasted_bytes', 0), ('AVAILABLE', 0), ('REJECTED', 0), ('FAILED', 0), ('CANCELLED', 0);

-- the daemons that work on this table
CREATE TABLE instance (
    name       text        PRIMARY KEY,
    folder_id  uuid        NOT NULL,
    started_at timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL
);

-- what an operator set for all instances; one row
CREATE TABLE control (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    -- no job begins its upload
    paused   boolean NOT NULL DEFAULT false
);
INSERT INTO control DEFAULT VALUES;

-- which folder stood where: a known one without its identity is unmounted, not empty
CREATE TABLE known_folder (
    host      text NOT NULL,
    directory text NOT NULL,
    id        uuid NOT NULL,
    PRIMARY KEY (host, directory)
);
