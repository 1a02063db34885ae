package dev.imageferry.family;

import dev.imageferry.job.FamilyRanking;
import dev.imageferry.job.ImageRecord;
import dev.imageferry.job.Job;
import dev.imageferry.job.JobState;
import dev.imageferry.job.Ticker;
import dev.imageferry.linode.Answer;
import dev.imageferry.linode.Done;
import dev.imageferry.linode.LinodeImages;
import dev.imageferry.linode.RemoteImage;
import dev.imageferry.queue.FamilyImages;
import dev.imageferry.worker.Gate;
import dev.imageferry.worker.Gates;
import dev.imageferry.worker.JobListener;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jboss.logging.Logger;

/**
 * Deletes the images of families beyond those that are kept, one by one, the oldest first. An image is deleted only if the list of
 * images is complete and fits the job table, and image and row prove that it was created for a job of the family. Not thread-safe.
 */
public final class PruneImages {
    private static final Logger LOG = Logger.getLogger(PruneImages.class);

    /** How long an image is left alone after Linode refused to delete it. */
    private static final Duration REFUSED_PAUSE = Duration.ofMinutes(10);

    /** The most images missing in the list that are looked up in one run, for each family. */
    private static final int MOST_LOOKUPS = 100;

    private final LinodeImages linode;
    private final FamilyImages families;
    private final JobListener listener;
    private final Gates gates;
    private final Ticker ticker;

    /** When an image may be tried again. */
    private final Map<String, Long> refusedUntil = new HashMap<>();
    /** The last reason that was logged for a family or an image. */
    private final Map<String, String> logged = new HashMap<>();

    public PruneImages(LinodeImages linode, FamilyImages families, JobListener listener, Gates gates, Ticker ticker) {
        this.linode = linode;
        this.families = families;
        this.listener = listener;
        this.gates = gates;
        this.ticker = ticker;
    }

    /** Lists the images at most once, and not at all if no family has too many. */
    public void run() throws InterruptedException {
        if (!isPossible()) {
            return;
        }
        List<String> due = families.due();
        logged.keySet().removeIf(key -> !due.contains(key) && !refusedUntil.containsKey(key));
        if (due.isEmpty()) {
            return;
        }
        switch (linode.privateImages()) {
            case Answer.Ok<List<RemoteImage>> images -> {
                Listing listing = Listing.of(images.value());
                for (String family : due) {
                    prune(family, listing);
                }
            }
            case Answer.NotFound<List<RemoteImage>> none ->
                throw new IllegalStateException("Linode answered 404 to a list of images");
            case Answer.Refused<List<RemoteImage>> refused ->
                due.forEach(family -> explain(family, refused.problem().message()));
        }
    }

    private boolean isPossible() {
        return gates.isOpen(Gate.API) && gates.isOpen(Gate.TOKEN) && gates.isOpen(Gate.DATABASE);
    }

    private void prune(String family, Listing listing) throws InterruptedException {
        Optional<String> contradiction = listing.contradiction(
                family, families.find(listing.jobs()), families.held(family, listing.ofFamily(family)));
        if (contradiction.isPresent()) {
            explain(family, contradiction.get());
            return;
        }
        List<Job> kept = families.kept(family);
        Set<String> abandoned = ids(families.abandoned(family));
        Set<String> all = new LinkedHashSet<>(abandoned);
        all.addAll(ids(kept));
        Set<String> gone = new HashSet<>();
        int lookups = 0;
        for (String id : all) {
            if (!listing.has(id) && lookups++ < MOST_LOOKUPS) {
                switch (linode.get(id)) {
                    case Answer.Ok<RemoteImage> exists -> {
                        explain(family, "the list of images does not have " + id + ", which exists");
                        return;
                    }
                    case Answer.NotFound<RemoteImage> none -> gone.add(id);
                    case Answer.Refused<RemoteImage> refused -> {
                        explain(family, refused.problem().message());
                        return;
                    }
                }
            }
        }
        logged.remove(family);
        Plan plan = new Plan(family, reason(family, kept), listing.available());
        for (String id : abandoned) {
            if (gone.contains(id)) {
                recordDeleted(plan, id);
            } else if (listing.has(id)) {
                delete(plan, id, true);
            }
        }
        for (String id : FamilyRanking.beyondKept(kept, plan.available()).reversed()) {
            if (gone.contains(id)) {
                families.gone(plan.family(), id);
            } else if (listing.has(id)) {
                delete(plan, id, false);
            }
        }
    }

    /**
     * What is done to the images of one family.
     *
     * @param reason for the history and the jobs
     * @param available the ids of the images that were available when they were listed
     */
    private record Plan(String family, String reason, Set<String> available) {
        boolean isBeyond(String image, List<Job> kept) {
            return FamilyRanking.beyondKept(kept, available).contains(image);
        }
    }

    /**
     * Fetches the image, then reads the rows again, and deletes it if both still allow that.
     *
     * @param begun whether its deletion was committed by an earlier run
     */
    private void delete(Plan plan, String id, boolean begun) throws InterruptedException {
        if (isPaused(id) || !isPossible()) {
            return;
        }
        switch (linode.get(id)) {
            case Answer.Ok<RemoteImage> ok -> {
                Optional<Job> maker = maker(plan.family(), ok.value());
                if (maker.isEmpty()
                        || !(begun || families.intend(maker.get(), plan.reason(), kept -> plan.isBeyond(id, kept)))) {
                    LOG.debugf("image stays image=%s family=%s", id, plan.family());
                    return;
                }
                switch (linode.delete(id)) {
                    case Answer.Ok<Done> done -> recordDeleted(plan, id);
                    case Answer.NotFound<Done> gone -> recordDeleted(plan, id);
                    case Answer.Refused<Done> refused -> refused(id, refused);
                }
            }
            case Answer.NotFound<RemoteImage> none -> {
                if (begun) {
                    recordDeleted(plan, id);
                } else {
                    families.gone(plan.family(), id);
                }
            }
            case Answer.Refused<RemoteImage> refused -> refused(id, refused);
        }
    }

    /** Returns the job of the family for which the available image was provably created. */
    private Optional<Job> maker(String family, RemoteImage image) {
        List<ImageRecord.Tagged> tags = image.ourTags();
        if (!image.isAvailable() || tags.size() != 1 || !Listing.isOfFamily(image, family)) {
            return Optional.empty();
        }
        return families.find(List.of(tags.getFirst().jobId())).stream()
                .filter(job -> job.state() == JobState.AVAILABLE
                        && family.equals(job.metadata().familyOrNull())
                        && image.id().equals(job.image().idOrNull())
                        && tags.getFirst().number() <= job.image().number()
                        && job.checked().isPresent())
                .findFirst();
    }

    private void recordDeleted(Plan plan, String id) {
        refusedUntil.remove(id);
        if (families.deleted(plan.family(), id)) {
            listener.imagePruned(id, plan.family());
        }
    }

    private static Set<String> ids(List<Job> jobs) {
        Set<String> ids = new LinkedHashSet<>();
        jobs.forEach(job -> ids.add(Objects.requireNonNull(job.image().idOrNull())));
        return ids;
    }

    private static String reason(String family, List<Job> kept) {
        Integer keep = FamilyRanking.keep(kept);
        return keep == null
                ? "family " + family + " has newer images"
                : "family %s keeps %s, and its newest is %s"
                        .formatted(
                                family,
                                keep == 1 ? "1 image" : keep + " images",
                                kept.getFirst().image().idOrNull());
    }

    /** Logs a reason once, and again when it changes. */
    private void explain(String family, String reason) {
        if (!reason.equals(logged.put(family, reason))) {
            LOG.warnf("images of a family are not deleted family=%s reason=%s", family, reason);
        }
    }

    private boolean isPaused(String image) {
        Long until = refusedUntil.get(image);
        return until != null && ticker.nanos() - until < 0;
    }

    private void refused(String image, Answer.Refused<?> refused) {
        refusedUntil.put(image, ticker.nanos() + REFUSED_PAUSE.toNanos());
        String reason = refused.problem().message();
        if (!reason.equals(logged.put(image, reason))) {
            LOG.warnf("image of a family is not deleted yet image=%s reason=%s", image, reason);
        }
    }
}
