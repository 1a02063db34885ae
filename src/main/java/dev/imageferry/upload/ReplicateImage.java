package dev.imageferry.upload;

import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.ImageRecord;
import dev.imageferry.job.ImageRecord.RegionCopy;
import dev.imageferry.job.Job;
import dev.imageferry.job.JobState;
import dev.imageferry.job.Problem;
import dev.imageferry.job.StepOutcome;
import dev.imageferry.linode.LinodeImages;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Has the image copied to further regions, when asked for, and looks until every copy is available. */
final class ReplicateImage implements Step {
    private static final Set<String> LOST = Set.of("timedout", "pending deletion");

    private final LinodeImages linode;
    private final ImageLook look;
    private final PollSettings poll;

    ReplicateImage(LinodeImages linode, ImageLook look, PollSettings poll) {
        this.linode = linode;
        this.look = look;
        this.poll = poll;
    }

    @Override
    public StepOutcome run(Turn turn) throws InterruptedException {
        return look.look(turn.job(), this::seen);
    }

    private StepOutcome seen(Job job, String id) throws InterruptedException {
        List<RegionCopy> copies = job.image().regions();
        Set<String> lost = regions(copies, copy -> LOST.contains(copy.status()));
        Set<String> missing = new LinkedHashSet<>(job.metadata().replicateTo());
        missing.removeAll(regions(copies, copy -> !LOST.contains(copy.status())));
        if (!missing.isEmpty()) {
            lost.retainAll(missing);
            return lost.isEmpty() || !asked(job) ? ask(job, id, missing) : failed(job, id, lost);
        }
        boolean everywhere = regions(copies, copy -> ImageRecord.AVAILABLE.equals(copy.status()))
                .containsAll(job.metadata().replicateTo());
        if (everywhere) {
            return new StepOutcome.Advanced(
                    job,
                    JobState.AVAILABLE,
                    id + " is available in " + String.join(", ", regions(copies, copy -> true)));
        }
        Duration waited = job.timeInState();
        if (waited.compareTo(poll.timeout()) >= 0) {
            return new StepOutcome.GaveUp(
                    job,
                    new Problem(
                            ErrorCode.REPLICATION_FAILED,
                            "image " + id + " was not available in all of "
                                    + job.metadata().replicateTo() + " after " + waited.toMinutes()
                                    + " min (imageferry.poll.timeout): it stays in its region"));
        }
        return new StepOutcome.StillPending(job, poll.delayAfter(waited));
    }

    private static boolean asked(Job job) {
        return job.error()
                .map(error -> error.code() != ErrorCode.REPLICATION_FAILED)
                .orElse(true);
    }

    private StepOutcome failed(Job job, String id, Set<String> lost) {
        return StepOutcome.of(
                job,
                new Problem(
                        ErrorCode.REPLICATION_FAILED,
                        "the copy of image " + id + " did not arrive in " + String.join(", ", lost)));
    }

    private StepOutcome ask(Job job, String id, Set<String> missing) throws InterruptedException {
        // the full set: what is left out would be removed
        Set<String> wanted = regions(job.image().regions(), copy -> !LOST.contains(copy.status()));
        wanted.addAll(missing);
        return look.outcome(
                job,
                id,
                linode.replicate(id, List.copyOf(wanted)),
                (asked, imageId) -> new StepOutcome.StillPending(asked, poll.initialDelay()));
    }

    private static Set<String> regions(List<RegionCopy> copies, Predicate<RegionCopy> which) {
        return copies.stream()
                .filter(which)
                .map(RegionCopy::region)
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }
}
