package dev.imageferry.linode;

import dev.imageferry.job.Ticker;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Polls each image with a call of its own up to a rate, and answers all further polls from a listing. 1,000 images that are
 * polled every 30 seconds would exceed Linode's limit of 1,600 calls per minute.
 */
final class SharedPolls {
    /** Half of the calls per minute that Linode allows. */
    private static final int MOST_SINGLE = 800;

    private static final Duration WINDOW = Duration.ofMinutes(1);

    /** Leaves a third of the calls of {@link SharedListing} to listings for other purposes. */
    private static final Duration PER_CALL = Duration.ofSeconds(6);

    private static final Duration MOST_AGE = Duration.ofSeconds(24);

    private final SharedListing listing;
    private final Ticker ticker;
    private final Deque<Long> singleNanos = new ArrayDeque<>();

    /** The call for one image. */
    @FunctionalInterface
    interface Single {
        Answer<RemoteImage> get() throws InterruptedException;
    }

    SharedPolls(SharedListing listing, Ticker ticker) {
        this.listing = listing;
        this.ticker = ticker;
    }

    Polled poll(String imageId, Predicate<RemoteImage> decides, Single single) throws InterruptedException {
        if (isSingleUsedUp()) {
            Optional<SharedListing.Recent> recent = listing.recent(PER_CALL, MOST_AGE);
            if (recent.isPresent() && recent.get().answer() instanceof Answer.Ok<List<RemoteImage>>(var images)) {
                // an image that is not in the listing may exist all the same
                Optional<RemoteImage> found = images.stream()
                        .filter(image -> image.id().equals(imageId))
                        .filter(decides)
                        .findFirst();
                if (found.isPresent()) {
                    return new Polled(new Answer.Ok<>(found.get()), recent.get().age());
                }
            }
        }
        noteSingle();
        return new Polled(single.get(), Duration.ZERO);
    }

    private synchronized boolean isSingleUsedUp() {
        long now = ticker.nanos();
        while (!singleNanos.isEmpty() && now - singleNanos.getFirst() >= WINDOW.toNanos()) {
            singleNanos.removeFirst();
        }
        return singleNanos.size() >= MOST_SINGLE;
    }

    private synchronized void noteSingle() {
        singleNanos.addLast(ticker.nanos());
    }
}
