package dev.imageferry.job;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One dropped file on its way to one image, as stored in the job table. Immutable: a step returns a changed copy, which the
 * queue writes if {@code leaseEpoch} is still current.
 *
 * @param id the job id
 * @param folderId the identity of the drop folder
 * @param file path relative to the drop folder, with slashes
 * @param fingerprint identifies the content of the file
 * @param fileSince when the daemon first saw the file with this fingerprint
 * @param state the current state
 * @param metadata label, region and so on; read when the file settles and fixed when the image is created
 * @param priority higher is uploaded first
 * @param checkedOrNull the result of the check; null before it
 * @param image what is known about the image at Linode
 * @param bytesSent bytes sent by the running PUT, or by the last one
 * @param attempt the attempt in the current state, from 1; 0 while the job waits for its first run
 * @param nextRunAt the earliest time of the next run
 * @param errorOrNull the current problem; null if there is none
 * @param errorSinceOrNull when the error got its code
 * @param instanceOrNull the instance that holds the lease
 * @param leaseEpoch incremented by each claim; a write with an older epoch changes nothing
 * @param cancelRequested whether a user has requested to cancel the job
 * @param archiveNameOrNull the path under {@code done/} or {@code failed/} that archiving has reserved
 * @param createdAt when the file was enqueued
 * @param startedAtOrNull when it was first claimed
 * @param stateSince when the state was entered
 * @param finishedAtOrNull when it reached its outcome
 * @param archivedAtOrNull when the file, sidecar and receipt were archived
 * @param updatedAt time of the last write
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

    /** When the error got its code, or the time of the last write if there is no error. */
    public Instant errorSince() {
        return errorSinceOrNull == null ? updatedAt : errorSinceOrNull;
    }

    /** How long the file was unchanged at the last write (the claim), measured by the clock of the database. */
    public Duration fileUnchangedFor() {
        return Duration.between(fileSince, updatedAt);
    }

    /**
     * Whether the file failed the check in a way that an unfinished copy explains. The job is rejected only if the file does not
     * change.
     */
    public boolean awaitsRestOfFile() {
        return state == JobState.CHECKING
                && errorOrNull != null
                && errorOrNull.code().consequence() == ErrorCode.Consequence.REJECT;
    }

    /** How long the job was in its state at the last write (the claim), measured by the clock of the database. */
    public Duration timeInState() {
        return Duration.between(stateSince, updatedAt);
    }

    /**
     * Bytes of a PUT whose final bytes were released and whose answer is unknown. Until later runs know whether they arrived, they
     * count neither as uploaded nor as wasted.
     */
    public long bytesInDoubt() {
        return state == JobState.UPLOADING && image.allBytesSentAtOrNull() != null ? bytesSent : 0;
    }

    public boolean isArchived() {
        return archivedAtOrNull != null;
    }

    /** The result of the check. Only for states after the check. */
    public CheckedImage checkedImage() {
        return checked()
                .orElseThrow(
                        () -> new IllegalStateException("job " + id + " is " + state + " but has no check result"));
    }

    public Job withMetadata(ImageMetadata changed) {
        return copy(
                fingerprint, state, attempt, errorOrNull, changed, checkedOrNull, image, bytesSent, archiveNameOrNull);
    }

    /**
     * Records the result of the check.
     *
     * @param asChecked the fingerprint of the file throughout the check
     */
    public Job withChecked(CheckedImage changed, FileFingerprint asChecked) {
        return copy(asChecked, state, attempt, errorOrNull, metadata, changed, image, bytesSent, archiveNameOrNull);
    }

    /** Returns a copy with the present fingerprint of a file whose content is unchanged. */
    public Job withFingerprint(FileFingerprint present) {
        return copy(present, state, attempt, errorOrNull, metadata, checkedOrNull, image, bytesSent, archiveNameOrNull);
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

    /** Returns a copy without a reserved archive name. */
    public Job withoutArchiveName() {
        return copy(fingerprint, state, attempt, errorOrNull, metadata, checkedOrNull, image, bytesSent, null);
    }

    /** Returns a copy without the fields that change with upload progress and lease renewal alone. */
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

    /** Returns a copy for the current file. The result of the check is discarded if the file has changed. */
    Job withFile(FileFingerprint now) {
        boolean same = now.equalsButForChangeTime(fingerprint);
        return copy(
                now, state, attempt, errorOrNull, metadata, same ? checkedOrNull : null, image, 0, archiveNameOrNull);
    }

    /** Returns a copy without the result of the check. */
    Job unchecked() {
        return copy(fingerprint, state, attempt, errorOrNull, metadata, null, image, bytesSent, archiveNameOrNull);
    }

    /** Returns the job as it was before a claim moved it to its present state. */
    public Job beforeClaim(JobState from, int attemptBefore) {
        return state == from
                ? this
                : copy(
                        fingerprint,
                        from,
                        attemptBefore,
                        errorOrNull,
                        metadata,
                        checkedOrNull,
                        image,
                        bytesSent,
                        archiveNameOrNull);
    }

    /** Returns a copy with the state, attempt and error that were decided. */
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
