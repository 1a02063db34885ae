package dev.imageferry.step;

import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.ImageRecord;
import dev.imageferry.job.ImageRecord.RegionCopy;
import dev.imageferry.job.Job;
import dev.imageferry.job.JobState;
import dev.imageferry.job.Problem;
import dev.imageferry.job.StepOutcome;
import dev.imageferry.linode.LinodeImages;
import dev.imageferry.linode.Polled;
import dev.imageferry.linode.RemoteImage;
import dev.imageferry.worker.JobRun;
import dev.imageferry.worker.Step;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Requests copies of the image in further regions and polls until every copy is available. */
public final class ReplicateImage implements Step {
    private static final Set<String> LOST = Set.of("timedout", "pending deletion");

    private final LinodeImages linode;
    private final ImageStatus imageStatus;
    private final PollSettings poll;
    private final Elapsed elapsed;

    public ReplicateImage(LinodeImages linode, ImageStatus imageStatus, PollSettings poll, Elapsed elapsed) {
        this.linode = linode;
        this.imageStatus = imageStatus;
        this.poll = poll;
        this.elapsed = elapsed;
    }

    @Override
    public StepOutcome run(JobRun run) throws InterruptedException {
        Set<String> wanted = Set.copyOf(run.job().metadata().replicateTo());
        // a listing can be older than our latest request for copies, so it never shows that one is missing
        return imageStatus.poll(
                run.job(),
                image -> image.regionsOrNull() != null
                        && regions(image.regionsOrNull(), ReplicateImage::isAlive)
                                .containsAll(wanted),
                this::seen);
    }

    /** Whether an available copy exists in every region that the job requests. */
    public static boolean isComplete(Job job) {
        return regions(job.image().regions(), copy -> ImageRecord.AVAILABLE.equals(copy.status()))
                .containsAll(job.metadata().replicateTo());
    }

    private StepOutcome seen(Job job, RemoteImage image, Duration age) throws InterruptedException {
        String id = image.id();
        if (isComplete(job)) {
            return new StepOutcome.Advanced(job, JobState.AVAILABLE, id + " is " + regionByRegion(job));
        }
        Duration waited = elapsed.since(job, job.stateSince());
        if (waited.compareTo(poll.timeout()) >= 0) {
            return new StepOutcome.GaveUp(
                    job,
                    new Problem(
                            ErrorCode.REPLICATION_FAILED,
                            "Image " + id + " was not in every region after " + waited.toSeconds()
                                    + " s (imageferry.poll.timeout). Existing copies stay: "
                                    + regionByRegion(job) + ". Retry the job to request the missing copies"));
        }
        if (image.regionsOrNull() == null) {
            // the request replaces the whole set, so an incomplete one would remove copies
            return new StepOutcome.StillPending(
                    job,
                    poll.delayAfter(waited),
                    new Problem(
                            ErrorCode.LINODE_ERROR,
                            "Linode did not return the regions of image " + id
                                    + ". No copy is requested until it does. The job fails after "
                                    + poll.timeout().toSeconds() + " s (imageferry.poll.timeout)"));
        }
        List<RegionCopy> copies = job.image().regions();
        Set<String> missing = new LinkedHashSet<>(job.metadata().replicateTo());
        missing.removeAll(regions(copies, ReplicateImage::isAlive));
        if (missing.isEmpty()) {
            return new StepOutcome.StillPending(job, poll.delayAfter(waited, age));
        }
        boolean someLost =
                copies.stream().anyMatch(copy -> missing.contains(copy.region()) && LOST.contains(copy.status()));
        return someLost && !lossIsCharged(job) ? lost(job, id) : ask(job, id, missing);
    }

    /** Whether the last run already counted the lost copy as an attempt, so that it can be requested again. */
    private static boolean lossIsCharged(Job job) {
        return job.error()
                .filter(error -> error.code() == ErrorCode.REPLICATION_FAILED)
                .isPresent();
    }

    private static StepOutcome lost(Job job, String id) {
        return StepOutcome.of(
                job,
                new Problem(
                        ErrorCode.REPLICATION_FAILED,
                        "Image " + id + " was not copied to every region: " + regionByRegion(job)
                                + ". The missing copies will be requested again"));
    }

    private StepOutcome ask(Job job, String id, Set<String> missing) throws InterruptedException {
        // the request replaces the whole set of regions, and the returned list may lack the image's own region
        Set<String> wanted = regions(job.image().regions(), ReplicateImage::isAlive);
        String home = job.metadata().regionOrNull();
        if (home != null
                && job.image().regions().stream()
                        .noneMatch(copy -> copy.region().equals(home))) {
            wanted.add(home);
        }
        wanted.addAll(missing);
        return imageStatus.outcome(
                job,
                id,
                new Polled(linode.replicate(id, List.copyOf(wanted)), Duration.ZERO),
                (asked, copied, age) -> new StepOutcome.StillPending(asked, poll.initialDelay()));
    }

    /** Whether the copy exists or will exist. */
    private static boolean isAlive(RegionCopy copy) {
        return !LOST.contains(copy.status());
    }

    /** For example {@code available in us-ord, timedout in us-iad, missing in nl-ams}. */
    private static String regionByRegion(Job job) {
        Map<String, String> statuses = new LinkedHashMap<>();
        job.image().regions().forEach(copy -> statuses.put(copy.region(), copy.status()));
        job.metadata().replicateTo().forEach(region -> statuses.putIfAbsent(region, "missing"));
        return statuses.entrySet().stream()
                .map(copy -> copy.getValue() + " in " + copy.getKey())
                .collect(Collectors.joining(", "));
    }

    private static Set<String> regions(List<RegionCopy> copies, Predicate<RegionCopy> which) {
        return copies.stream()
                .filter(which)
                .map(RegionCopy::region)
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }
}
