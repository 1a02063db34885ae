package dev.imageferry.daemon;

import dev.imageferry.drop.ArchiveHindrance;
import dev.imageferry.drop.MetadataReader;
import dev.imageferry.drop.Restoration;
import dev.imageferry.image.ImageLabels;
import dev.imageferry.job.FileFingerprint;
import dev.imageferry.job.ImageMetadata;
import dev.imageferry.job.Job;
import dev.imageferry.job.JobLifecycle;
import dev.imageferry.queue.JobControl;
import dev.imageferry.queue.JobControl.Change;
import dev.imageferry.queue.JobQueue;
import dev.imageferry.worker.JobListeners;
import dev.imageferry.worker.JobRun;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What an operator may do to a job or to the whole queue. Whichever instance is told, all know. */
@ApplicationScoped
public class QueueControl {
    private final JobQueue queue;
    private final JobControl control;
    private final Daemon daemon;
    private final JobListeners listener;

    public QueueControl(JobQueue queue, JobControl control, Daemon daemon, JobListeners listener) {
        this.queue = queue;
        this.control = control;
        this.daemon = daemon;
        this.listener = listener;
    }

    /** Lets no new upload begin, on any instance, over restarts; those under way finish. */
    public void pause() {
        control.setPaused(true);
    }

    /** Lets uploads begin again. */
    public void resume() {
        control.setPaused(false);
        wake();
    }

    /** Ends a job that has no outcome yet: its PUT is cut, what it has at Linode is deleted, its file goes to {@code failed/}. */
    public Change cancel(UUID id) {
        Change change = control.requestCancel(id);
        daemon.service()
                .flatMap(service -> service.leaseKeeper().find(id))
                .ifPresent(run -> run.requestStop(JobRun.StopReason.CANCEL_REQUESTED));
        wake();
        return change;
    }

    /** Higher is uploaded first. */
    public Change setPriority(UUID id, int priority) {
        return control.setPriority(id, priority);
    }

    /** Gives image and sidecar back from {@code failed/} and has the job tried again, with all attempts. */
    public Change retry(UUID id) {
        Optional<Job> found = queue.find(id);
        if (found.isEmpty()) {
            return new Change.NoSuchJob();
        }
        Job job = found.get();
        if (!JobLifecycle.isRetryable(job)) {
            return new Change.Refused(
                    "the job is " + job.state()
                            + ": only a job that is FAILED or REJECTED, or was CANCELLED by a user or because its image vanished, can be tried again");
        }
        if (!job.isArchived()) {
            return new Change.Refused("the job's file is still on its way to failed/: try again in a moment");
        }
        Optional<FolderService> service =
                daemon.service().filter(running -> running.folder().id().equals(job.folderId()));
        if (service.isEmpty()) {
            return new Change.Refused("the job's drop folder is not this instance's: ask one that works on it");
        }
        String name = Objects.requireNonNull(job.archiveNameOrNull(), "an archived job has a name");
        return switch (service.get().archive().restore(job.id(), job.file(), job.fingerprint(), name)) {
            case Restoration.Restored restored -> retry(job, restored.fingerprint(), service.get());
            case Restoration.Conflict conflict -> new Change.Refused(conflict.message());
            case Restoration.Missing missing -> new Change.Refused(missing.message());
            case ArchiveHindrance.Unavailable unavailable ->
                new Change.Refused(unavailable.problem().message());
            case ArchiveHindrance.Interrupted interrupted ->
                new Change.Refused("giving the file back was interrupted: try again");
        };
    }

    private Change retry(Job job, FileFingerprint file, FolderService service) {
        @Nullable
        ImageMetadata metadata = switch (service.metadata().read(job.file(), ImageLabels::labelOf)) {
            case MetadataReader.Result.Read read -> read.metadata();
            case MetadataReader.Result.Bad bad -> null;
        };
        Change change = control.retry(JobLifecycle.retried(job, file, metadata));
        if (change instanceof Change.Made(Job again)) {
            listener.retried(job, again);
        }
        wake();
        return change;
    }

    /** What was set for the bandwidth of the whole queue; empty for what the setting says. */
    public Optional<String> bandwidth() {
        return control.bandwidth();
    }

    /**
     * Sets it for all instances, at once here and within a second elsewhere, over restarts.
     *
     * @param limit bytes a second ({@code 10M}), {@code off}, or null for what the setting says
     * @throws IllegalArgumentException naming the value, when it is no such
     */
    public void setBandwidth(@Nullable String limit) {
        BandwidthShare.requireValid(limit);
        control.setBandwidth(limit);
        daemon.count();
    }

    private void wake() {
        daemon.service().ifPresent(FolderService::wake);
    }
}
