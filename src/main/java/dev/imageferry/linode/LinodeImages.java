package dev.imageferry.linode;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * The part of Linode's Images API (v4) that uploads need. Expected failures are values. Interrupting the caller cancels the
 * call; the outcome of a cancelled {@link #create} is unknown.
 */
public interface LinodeImages {
    /**
     * {@code POST /images/upload}. The call has no idempotency key, so the image must have a tag by which it can be found if
     * the answer is lost.
     */
    Answer<CreatedImage> create(NewImage image) throws InterruptedException;

    /** {@code GET /images/{id}}. */
    Answer<RemoteImage> get(String imageId) throws InterruptedException;

    /**
     * The status of an image that is polled. While many images are polled, one listing that is some seconds old answers many
     * polls. Never {@link Answer.NotFound} because of a listing.
     *
     * @param decides whether an image from a listing is sufficient; otherwise the image is fetched
     */
    Polled poll(String imageId, Predicate<RemoteImage> decides) throws InterruptedException;

    /**
     * {@code DELETE /images/{id}}: cancels a pending upload and removes all copies. {@link Answer.NotFound} means that the
     * image is already gone.
     */
    Answer<Done> delete(String imageId) throws InterruptedException;

    /**
     * {@code POST /images/{id}/regions}.
     *
     * @param regions all regions that keep a copy; copies in other regions are removed
     */
    Answer<RemoteImage> replicate(String imageId, List<String> regions) throws InterruptedException;

    /**
     * {@code GET /images}: all pages, without public images. Never {@link Answer.NotFound}; an incomplete listing is refused.
     * The listing starts after this call. Concurrent callers share one listing, and the rate of calls is limited, so this call
     * can wait.
     */
    Answer<List<RemoteImage>> privateImages() throws InterruptedException;

    /**
     * {@code GET /account/events}: the events of the upload of an image, oldest first. Never {@link Answer.NotFound}. Can lag
     * behind {@link #get}.
     */
    Answer<List<ImageEvent>> uploadEvents(String imageId) throws InterruptedException;

    /**
     * {@code GET /regions}: all pages, from memory if a listing is younger than {@code mostAge}. Never {@link Answer.NotFound}; an
     * incomplete listing is refused. A failed listing, and one that Linode has contradicted by refusing a region, is repeated after
     * a minute.
     */
    Answer<List<Region>> regions(Duration mostAge) throws InterruptedException;

    /** {@code GET /profile}: a call without relation to a job, to test the service and the token. */
    Answer<Profile> profile() throws InterruptedException;

    /** The time at Linode according to its latest answer; empty before the first one. */
    Optional<Instant> serviceTime();
}
