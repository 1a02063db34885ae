package dev.imageferry.job;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One dropped file on its way to becoming one image: all that is durably known of it. Immutable; a step returns a
 * changed copy and the queue writes it, fenced by {@code leaseEpoch}.
 *
 * @param id names the job
 * @param folderId the identity of the drop folder the file lies in
 * @param file path relative to the drop folder, with slashes
 * @param fingerprint tells the content the job is for
 * @param fileSince since when the daemon has seen the file with this fingerprint
 * @param state where it is
 * @param metadata label, region and so on; read when the file settles and fixed when the image is created
 * @param priority higher is uploaded first
 * @param checkedOrNull what the check found; null before
 * @param image what is known at Linode
 * @param bytesSent of the running PUT, or of the last
 * @param attempt counts in each state anew, from 1; 0 while the job waits for its first turn
 * @param nextRunAt not claimed before
 * @param errorOrNull the last problem; null when there was none or it is overcome
 * @param errorSinceOrNull since when the error has had this code
 * @param instanceOrNull who holds the lease
 * @param leaseEpoch grows with each claim; a write with an older one hits nothing
 * @param cancelRequested a user asked to cancel
 * @param archiveNameOrNull the path under {@code done/} or {@code failed/} that archiving has reserved
 * @param createdAt when the file was enqueued
 * @param startedAtOrNull when it was first claimed
 * @param stateSince when the state was entered
 * @param finishedAtOrNull when it got its outcome
 * @param archivedAtOrNull when image, sidecar and receipt stood in their place
 * @param updatedAt last write
 */
public record Job(
        UUID id,
        UUID folderId,
        String file,
        FileFingerprint fingerprint,
        Instant fileSince,
        JobState state,
        ImageMetadata metadata,
        int priority,
        @Nullable CheckedImage checkedOrNull,
        ImageRecord image,
        long bytesSent,
        int attempt,
        Instant nextRunAt,
        @Nullable Problem errorOrNull,
        @Nullable Instant errorSinceOrNull,
        @Nullable String instanceOrNull,
        long leaseEpoch,
        boolean cancelRequested,
        @Nullable String archiveNameOrNull,
        Instant createdAt,
        @Nullable Instant startedAtOrNull,
        Instant stateSince,
        @Nullable Instant finishedAtOrNull,
        @Nullable Instant archivedAtOrNull,
        Instant updatedAt) {

    public Optional<CheckedImage> checked() {
        return Optional.ofNullable(checkedOrNull);
    }

    public Optional<Problem> error() {
        return Optional.ofNullable(errorOrNull);
    }

    /** Since when the error has had its code; the last write where there is no error. */
    public Instant errorSince() {
        return errorSinceOrNull == null ? updatedAt : errorSinceOrNull;
    }

    /** For how long the daemon has seen the file unchanged, by the database's clock at the last write (the claim). */
    public Duration fileUnchangedFor() {
        return Duration.between(fileSince, updatedAt);
    }

    /**
     * Whether the check found the file unfit, but in a way that an unfinished copy explains: it is rejected only when it stays
     * as it is.
     */
    public boolean awaitsRestOfFile() {
        return state == JobState.CHECKING
                && errorOrNull != null
                && errorOrNull.code().consequence() == ErrorCode.Consequence.REJECT;
    }

    /** For how long the job has been in its state, by the database's clock at the last write (the claim). */
    public Duration timeInState() {
        return Duration.between(stateSince, updatedAt);
    }

    /**
     * Bytes of a PUT whose end was let go and that got no answer. What became of them is looked for; until it is known they
     * count neither as uploaded nor as wasted.
     */
    public long bytesInDoubt() {
        return state == JobState.UPLOADING && image.allBytesSentAtOrNull() != null ? bytesSent : 0;
    }

    public boolean isArchived() {
        return archivedAtOrNull != null;
    }

    /** What the check found; only for states that a check precedes. */
    public CheckedImage checkedImage() {
        return checked()
                .orElseThrow(() -> new IllegalStateException("job " + id + " is " + state + " but not checked"));
    }

    public Job withMetadata(ImageMetadata changed) {
        return copy(
                fingerprint, state, attempt, errorOrNull, changed, checkedOrNull, image, bytesSent, archiveNameOrNull);
    }

    /**
     * The file was checked.
     *
     * @param asChecked the fingerprint that the file had from the beginning of the check to its end
     */
    public Job withChecked(CheckedImage changed, FileFingerprint asChecked) {
        return copy(asChecked, state, attempt, errorOrNull, metadata, changed, image, bytesSent, archiveNameOrNull);
    }

    public Job withImage(ImageRecord changed) {
        return copy(
                fingerprint,
                state,
                attempt,
                errorOrNull,
                metadata,
                checkedOrNull,
                changed,
                bytesSent,
                archiveNameOrNull);
    }

    public Job withBytesSent(long changed) {
        return copy(
                fingerprint, state, attempt, errorOrNull, metadata, checkedOrNull, image, changed, archiveNameOrNull);
    }

    public Job withArchiveName(String changed) {
        return copy(fingerprint, state, attempt, errorOrNull, metadata, checkedOrNull, image, bytesSent, changed);
    }

    /** The same job before archiving reserves a name. */
    public Job withoutArchiveName() {
        return copy(fingerprint, state, attempt, errorOrNull, metadata, checkedOrNull, image, bytesSent, null);
    }

    /** The same job without what changes while bytes are sent, leases are renewed and nothing else happens. */
    public Job stillView() {
        return new Job(
                id,
                folderId,
                file,
                fingerprint,
                fileSince,
                state,
                metadata,
                priority,
                checkedOrNull,
                image,
                0,
                attempt,
                nextRunAt,
                errorOrNull,
                errorSinceOrNull,
                instanceOrNull,
                leaseEpoch,
                cancelRequested,
                archiveNameOrNull,
                createdAt,
                startedAtOrNull,
                stateSince,
                finishedAtOrNull,
                archivedAtOrNull,
                Instant.EPOCH);
    }

    /** The same job for a file that may have changed meanwhile: then what the check found is forgotten. */
    Job withFile(FileFingerprint now) {
        boolean same = now.equalsButForChangeTime(fingerprint);
        return new Job(
                id,
                folderId,
                file,
                now,
                fileSince,
                state,
                metadata,
                priority,
                same ? checkedOrNull : null,
                image,
                0,
                attempt,
                nextRunAt,
                errorOrNull,
                errorSinceOrNull,
                instanceOrNull,
                leaseEpoch,
                cancelRequested,
                archiveNameOrNull,
                createdAt,
                startedAtOrNull,
                stateSince,
                finishedAtOrNull,
                archivedAtOrNull,
                updatedAt);
    }

    /** The same job before its check. */
    Job unchecked() {
        return copy(fingerprint, state, attempt, errorOrNull, metadata, null, image, bytesSent, archiveNameOrNull);
    }

    /** The same job with the place that a decision gives it. */
    Job placed(JobState next, int nextAttempt, @Nullable Problem problem) {
        return copy(
                fingerprint, next, nextAttempt, problem, metadata, checkedOrNull, image, bytesSent, archiveNameOrNull);
    }

    private Job copy(
            FileFingerprint newFingerprint,
            JobState newState,
            int newAttempt,
            @Nullable Problem newError,
            ImageMetadata newMetadata,
            @Nullable CheckedImage newChecked,
            ImageRecord newImage,
            long newBytesSent,
            @Nullable String newArchiveName) {
        return new Job(
                id,
                folderId,
                file,
                newFingerprint,
                fileSince,
                newState,
                newMetadata,
                priority,
                newChecked,
                newImage,
                newBytesSent,
                newAttempt,
                nextRunAt,
                newError,
                errorSinceOrNull,
                instanceOrNull,
                leaseEpoch,
                cancelRequested,
                newArchiveName,
                createdAt,
                startedAtOrNull,
                stateSince,
                finishedAtOrNull,
                archivedAtOrNull,
                updatedAt);
    }
}
