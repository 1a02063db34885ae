package dev.imageferry.queue;

import java.util.UUID;

/** Fills the job table with many jobs of a folder that no daemon serves. */
public final class Backlog {
    public static final UUID FOLDER = UUID.fromString("7c9e6679-7425-40de-944b-e07fc1f90ae7");

    private Backlog() {}

    /** Returns SQL that inserts ended and archived jobs, one in a hundred of them failed, and then open jobs, one second apart. */
    public static String sql(int ended, int open) {
        return """
                INSERT INTO job (id, folder_id, file, inode, bytes, modified_nanos, file_since, state, state_since, priority, label,
                    description, region, tags, cloud_init, replicate_to, next_run_at, created_at, updated_at, outcome_at,
                    archived_at)
                SELECT gen_random_uuid(), '%1$s', 'file-' || lpad(n::text, 7, '0') || '.img.gz', n, 1000, 1, at, state,
                    at, n %% 3, 'label-' || n, '', 'us-ord', '{}', false, '{}', at, at, at,
                    CASE WHEN n <= %2$d THEN at END, CASE WHEN n <= %2$d THEN at END
                FROM (SELECT n, timestamptz '2026-01-01' + make_interval(secs => n) AS at,
                        CASE WHEN n > %2$d THEN (ARRAY ['QUEUED', 'READY', 'UPLOADING', 'PROCESSING'])[1 + n %% 4]
                            WHEN n %% 100 = 0 THEN 'FAILED' WHEN n %% 100 = 1 THEN 'REJECTED' ELSE 'AVAILABLE' END AS state
                    FROM generate_series(1, %3$d) AS n) AS made
                """.formatted(FOLDER, ended, ended + open);
    }
}
