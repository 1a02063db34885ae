package dev.imageferry.job;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
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
 * @param convert whether the file is converted before its check
 * @param preparedOrNull the result of the conversion; null before it, and for a file that needs none
 * @param checkedOrNull the result of the check; null before it
 * @param image what is known about the image at Linode
 * @param retiredOrNull when and why retention deleted the image; null if it did not
 * @param bytesSent bytes sent by the running PUT, or by the last one; read by the running conversion
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
        boolean convert,
        @Nullable PreparedFile preparedOrNull,
        @Nullable CheckedImage checkedOrNull,
        ImageRecord image,
        @Nullable RetiredImage retiredOrNull,
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
        return (state == JobState.CHECKING || state == JobState.CONVERTING)
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

    /** The fingerprint of the file that is checked and uploaded: the prepared one, or else the dropped one. */
    public FileFingerprint uploadedFile() {
        return preparedOrNull == null ? fingerprint : preparedOrNull.fingerprint();
    }

    /** The SHA-256 of the file as it was dropped; null before it is known. */
    public @Nullable String sourceSha256OrNull() {
        if (preparedOrNull != null) {
            return preparedOrNull.sourceSha256();
        }
        return checkedOrNull == null ? null : checkedOrNull.sha256();
    }

    public Job withMetadata(ImageMetadata changed) {
        return changed(draft -> draft.metadata = changed);
    }

    /**
     * Records the result of the conversion. An earlier result of the check is discarded.
     *
     * @param asRead the fingerprint of the dropped file throughout the conversion
     */
    public Job withPrepared(PreparedFile changed, FileFingerprint asRead) {
        return changed(draft -> {
            draft.fingerprint = asRead;
            draft.preparedOrNull = changed;
            draft.checkedOrNull = null;
        });
    }

    /** Returns a copy without the results of conversion and check, and without bytes sent. */
    public Job withoutPrepared() {
        return changed(draft -> {
            draft.preparedOrNull = null;
            draft.checkedOrNull = null;
            draft.bytesSent = 0;
        });
    }

    /**
     * Records the result of the check of the dropped file.
     *
     * @param asChecked the fingerprint of the file throughout the check
     */
    public Job withChecked(CheckedImage changed, FileFingerprint asChecked) {
        return changed(draft -> {
            draft.fingerprint = asChecked;
            draft.checkedOrNull = changed;
        });
    }

    /** Records the result of the check of the prepared file. */
    public Job withChecked(CheckedImage changed) {
        return changed(draft -> draft.checkedOrNull = changed);
    }

    /** Returns a copy with the present fingerprint of a file whose content is unchanged. */
    public Job withFingerprint(FileFingerprint present) {
        return changed(draft -> draft.fingerprint = present);
    }

    public Job withImage(ImageRecord changed) {
        return changed(draft -> draft.image = changed);
    }

    public Job withBytesSent(long changed) {
        return changed(draft -> draft.bytesSent = changed);
    }

    public Job withArchiveName(String changed) {
        return changed(draft -> draft.archiveNameOrNull = changed);
    }

    /** Returns a copy without a reserved archive name. */
    public Job withoutArchiveName() {
        return changed(draft -> draft.archiveNameOrNull = null);
    }

    /** Returns a copy without the fields that change with upload progress and lease renewal alone. */
    public Job stillView() {
        return changed(draft -> {
            draft.bytesSent = 0;
            draft.updatedAt = Instant.EPOCH;
        });
    }

    /** Returns a copy for the current rule of conversion. */
    public Job withConvert(boolean changed) {
        return changed(draft -> draft.convert = changed);
    }

    /**
     * Returns a copy for the current file. The result of the check is discarded if the file has changed or is converted, because
     * archiving has removed the prepared file.
     */
    Job withFile(FileFingerprint now) {
        boolean checked = now.equalsButForChangeTime(fingerprint) && !convert && preparedOrNull == null;
        return changed(draft -> {
            draft.fingerprint = now;
            draft.preparedOrNull = null;
            draft.checkedOrNull = checked ? checkedOrNull : null;
            draft.bytesSent = 0;
        });
    }

    /** Returns a copy without the result of the check. */
    Job unchecked() {
        return changed(draft -> draft.checkedOrNull = null);
    }

    /** Returns the job as it was before a claim moved it to its present state. */
    public Job beforeClaim(JobState from, int attemptBefore) {
        return state == from
                ? this
                : changed(draft -> {
                    draft.state = from;
                    draft.attempt = attemptBefore;
                });
    }

    /** Returns a copy with the state, attempt and error that were decided. */
    Job placed(JobState next, int nextAttempt, @Nullable Problem problem) {
        return changed(draft -> {
            draft.state = next;
            draft.attempt = nextAttempt;
            draft.errorOrNull = problem;
        });
    }

    private Job changed(Consumer<Draft> change) {
        Draft draft = new Draft(this);
        change.accept(draft);
        return new Job(
                id,
                folderId,
                file,
                draft.fingerprint,
                fileSince,
                draft.state,
                draft.metadata,
                priority,
                draft.convert,
                draft.preparedOrNull,
                draft.checkedOrNull,
                draft.image,
                retiredOrNull,
                draft.bytesSent,
                draft.attempt,
                nextRunAt,
                draft.errorOrNull,
                errorSinceOrNull,
                instanceOrNull,
                leaseEpoch,
                cancelRequested,
                draft.archiveNameOrNull,
                createdAt,
                startedAtOrNull,
                stateSince,
                finishedAtOrNull,
                archivedAtOrNull,
                draft.updatedAt);
    }

    /** The fields that a copy can change. */
    private static final class Draft {
        private FileFingerprint fingerprint;
        private JobState state;
        private ImageMetadata metadata;
        private boolean convert;
        private @Nullable PreparedFile preparedOrNull;
        private @Nullable CheckedImage checkedOrNull;
        private ImageRecord image;
        private long bytesSent;
        private int attempt;
        private @Nullable Problem errorOrNull;
        private @Nullable String archiveNameOrNull;
        private Instant updatedAt;

        private Draft(Job job) {
            fingerprint = job.fingerprint;
            state = job.state;
            metadata = job.metadata;
            convert = job.convert;
            preparedOrNull = job.preparedOrNull;
            checkedOrNull = job.checkedOrNull;
            image = job.image;
            bytesSent = job.bytesSent;
            attempt = job.attempt;
            errorOrNull = job.errorOrNull;
            archiveNameOrNull = job.archiveNameOrNull;
            updatedAt = job.updatedAt;
        }
    }
}
