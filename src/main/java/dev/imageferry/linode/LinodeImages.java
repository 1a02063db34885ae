package dev.imageferry.linode;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Linode's Images API (v4) as far as an upload needs it. Expected endings are values; a caller that is interrupted has
 * its call cut, and the outcome of a cut {@link #create} is unknown.
 */
public interface LinodeImages {
    /**
     * {@code POST /images/upload}: the only dangerous call, for it has no idempotency key. Tag the image, so that one
     * whose answer was lost is known again.
     */
    Answer<CreatedImage> create(NewImage image) throws InterruptedException;

    /** {@code GET /images/{id}}. */
    Answer<RemoteImage> get(String imageId) throws InterruptedException;

    /**
     * {@code DELETE /images/{id}}: cancels a pending upload and removes all copies. {@link Answer.NotFound} is as good
     * as done.
     */
    Answer<Done> delete(String imageId) throws InterruptedException;

    /**
     * {@code POST /images/{id}/regions}.
     *
     * @param regions the full set wanted: what is left out is removed
     */
    Answer<RemoteImage> replicate(String imageId, List<String> regions) throws InterruptedException;

    /**
     * {@code GET /images}, all pages, public ones left out; never {@link Answer.NotFound}, and a listing that is not
     * provably whole is refused. It begins after this method was called. Callers who wait at the same time share one, and no
     * more than three a minute are begun, so this may wait.
     */
    Answer<List<RemoteImage>> privateImages() throws InterruptedException;

    /**
     * {@code GET /account/events}: what is told of the image's upload, oldest first; never {@link Answer.NotFound}. May lag
     * behind {@link #get}.
     */
    Answer<List<ImageEvent>> uploadEvents(String imageId) throws InterruptedException;

    /** {@code GET /profile}: a call that has nothing to do with any job, to see whether the service is well. */
    Answer<Profile> profile() throws InterruptedException;

    /** What time it is at Linode, by its latest answer; empty before the first. */
    Optional<Instant> serviceTime();
}
