package dev.imageferry.notify;

import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.Job;
import dev.imageferry.job.JobLifecycle;
import dev.imageferry.job.Problem;
import dev.imageferry.job.RetryPolicy;
import dev.imageferry.job.StepOutcome;
import dev.imageferry.queue.Claim;
import dev.imageferry.queue.JobControl.Change;
import dev.imageferry.queue.JobQueue;
import dev.imageferry.queue.Lane;
import dev.imageferry.queue.Outbox;
import dev.imageferry.queue.QueueAccess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;

/** Creates jobs in the table and records their outcomes as the runs do. */
final class Outcomes {
    private static final UUID FOLDER = UUID.fromString("7c9e6679-7425-40de-944b-e07fc1f90ae7");

    private static final String INSERT = """
            INSERT INTO job (id, folder_id, file, inode, bytes, modified_nanos, changed_nanos, file_since, state, state_since,
                priority, label, description, region, tags, cloud_init, replicate_to, next_run_at, created_at, updated_at)
            SELECT gen_random_uuid(), ?, 'file-' || n, n, 1000, 1, 1, now(), 'QUEUED', now(),
                0, 'debian', '', 'us-ord', '{}', false, '{}', now(), now(), now()
            FROM generate_series(1, ?) AS n
            """;

    private final QueueAccess access;
    private final JobQueue queue;
    private final JobLifecycle lifecycle =
            new JobLifecycle(new RetryPolicy(1, Duration.ofSeconds(1), Duration.ofSeconds(1)), new Random(1));

    Outcomes(QueueAccess access) {
        this.access = access;
        this.queue = access.queue(
                Outbox.with(job -> "{\"id\":\"" + job.id() + "\",\"state\":\"" + job.state() + "\",\"file\":\"ä\"}"));
    }

    /** Creates jobs and claims their check. */
    List<Job> checking(int jobs) {
        access.execute(INSERT, FOLDER, jobs);
        return claimed(jobs);
    }

    Job checking() {
        return checking(1).getFirst();
    }

    private List<Job> claimed(int jobs) {
        List<Job> claimed = new ArrayList<>();
        while (claimed.size() < jobs) {
            List<Claim> more = access.claims().claim(Lane.CHECK, FOLDER, jobs - claimed.size());
            if (more.isEmpty()) {
                throw new AssertionError(jobs + " jobs expected, but only these are due: " + claimed);
            }
            more.forEach(claim -> claimed.add(claim.job()));
        }
        return claimed;
    }

    void end(Job job, ErrorCode code) {
        if (queue.record(lifecycle.decide(StepOutcome.of(job, new Problem(code, "ended by the test"))), 0)
                .isEmpty()) {
            throw new AssertionError("the lease is lost: " + job);
        }
    }

    /** Archives the ended jobs, retries them as a user and claims their check again. */
    List<Job> retried(List<Job> jobs) {
        access.execute("UPDATE job SET archived_at = now() WHERE outcome_at IS NOT NULL AND archived_at IS NULL");
        for (Job job : jobs) {
            Job ended = queue.find(job.id()).orElseThrow();
            Change change = access.control().retry(JobLifecycle.retried(ended, ended.fingerprint(), ended.metadata()));
            if (!(change instanceof Change.Made)) {
                throw new AssertionError(change);
            }
        }
        return claimed(jobs.size());
    }

    Job retried(Job job) {
        return retried(List.of(job)).getFirst();
    }
}
