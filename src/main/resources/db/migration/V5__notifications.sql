-- The outbox of the webhook: outcomes that the receiver has not confirmed yet. A row is written in the transaction of its
-- outcome and removed after the delivery. It has no foreign key to its job, because it must survive the job.
CREATE TABLE notification (
    -- sent with every attempt, so that the receiver can recognise a repeated delivery
    delivery        uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    -- the order of the outcomes of a job; the lock on the row of the job makes it the order of the commits
    position        bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
    job_id          uuid        NOT NULL,
    outcome         text        NOT NULL CHECK (outcome IN ('AVAILABLE', 'REJECTED', 'FAILED', 'CANCELLED')),
    -- JSON, stored as text because the signature covers its bytes
    body            text        NOT NULL,
    -- how often it was claimed; a claim is one attempt
    attempts        integer     NOT NULL DEFAULT 0,
    -- a claim moves this into the future, so that no other instance sends the row meanwhile
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    created_at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX notification_due ON notification (next_attempt_at, position);
-- finds the oldest row of a job
CREATE UNIQUE INDEX notification_of_job ON notification (job_id, position);
