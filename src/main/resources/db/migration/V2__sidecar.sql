-- The sidecar that the metadata was read from; NULL where there was none. One whose image was removed is not for the next
-- image of that name.
ALTER TABLE job
    ADD COLUMN sidecar_inode          bigint,
    ADD COLUMN sidecar_bytes          bigint,
    ADD COLUMN sidecar_modified_nanos bigint;
