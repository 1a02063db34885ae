-- Serves the claim whatever the statistics: with a large backlog in another state, the planner preferred job_priority and
-- skipped thousands of rows.
CREATE INDEX job_claim ON job (folder_id, state, priority DESC, created_at, id) WHERE archived_at IS NULL;
DROP INDEX job_claimable;
