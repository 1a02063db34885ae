package dev.imageferry.worker;

import dev.imageferry.job.Job;
import dev.imageferry.job.JobState;
import dev.imageferry.job.Problem;
import dev.imageferry.job.StepOutcome;
import dev.imageferry.queue.Claim;
import java.util.Objects;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Logs each transition, retry, takeover and archived file in one line. */
public final class JobLog implements JobListener {
    private static final Logger LOG = Logger.getLogger(JobLog.class);

    @Override
    public void claimed(Claim claim) {
        Job job = claim.job();
        if (claim.from() != job.state()) {
            transition(job, claim.from(), "claimed");
        }
        if (claim.lostInstanceOrNull() != null) {
            LOG.infof("taken over job=%s file=%s from=%s", job.id(), job.file(), claim.lostInstanceOrNull());
        }
    }

    @Override
    public void recorded(StepResult result) {
        Job job = result.after();
        if (result.isTransition()) {
            transition(job, result.before().state(), result.detailOrNull());
            return;
        }
        switch (result.outcome()) {
            case StepOutcome.Archived archived ->
                LOG.infof("archived job=%s file=%s as=%s", job.id(), job.file(), job.archiveNameOrNull());
            case StepOutcome.RetryLater retry -> retry(job, result, retry.problem());
            case StepOutcome.GaveUp gaveUp -> retry(job, result, gaveUp.problem());
            case StepOutcome.Advanced advanced -> {}
            case StepOutcome.StillPending pending -> {}
            case StepOutcome.Interrupted interrupted -> {}
        }
    }

    /** Final states that an operator should look at are warnings. */
    private static void transition(Job job, JobState from, @Nullable String detail) {
        Logger.Level level = job.state() == JobState.FAILED || job.state() == JobState.REJECTED
                ? Logger.Level.WARN
                : Logger.Level.INFO;
        LOG.logf(
                level,
                "job=%s file=%s from=%s to=%s attempt=%d detail=%s",
                job.id(),
                job.file(),
                from,
                job.state(),
                job.attempt(),
                Objects.toString(detail));
    }

    private static void retry(Job job, StepResult result, Problem problem) {
        LOG.warnf(
                "%s job=%s file=%s state=%s attempt=%d in=%s code=%s reason=%s",
                job.state().isEnd() ? "not archived yet" : "retry",
                job.id(),
                job.file(),
                job.state(),
                job.attempt(),
                result.pause(),
                problem.code(),
                problem.message());
    }

    @Override
    public void leaseLost(Job job) {
        LOG.warnf("result discarded: lease lost job=%s file=%s", job.id(), job.file());
    }

    @Override
    public void retried(Job ended, Job again) {
        transition(again, ended.state(), "retried by a user");
    }

    @Override
    public void leftOverDeleted(String imageId) {
        LOG.infof("left-over image deleted image=%s", imageId);
    }

    @Override
    public void imagePruned(String imageId, String family) {
        LOG.infof("image of a family deleted image=%s family=%s", imageId, family);
    }
}
