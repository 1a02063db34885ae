package dev.imageferry.daemon;

import dev.imageferry.drop.ArchiveHindrance;
import dev.imageferry.drop.MetadataReader;
import dev.imageferry.drop.Restoration;
import dev.imageferry.job.BandwidthTimetable;
import dev.imageferry.job.DroppedFile;
import dev.imageferry.job.FileFingerprint;
import dev.imageferry.job.ImageMetadata;
import dev.imageferry.job.Job;
import dev.imageferry.job.JobLifecycle;
import dev.imageferry.queue.JobControl;
import dev.imageferry.queue.JobControl.Change;
import dev.imageferry.queue.JobFilter;
import dev.imageferry.queue.JobLists;
import dev.imageferry.queue.JobQueue;
import dev.imageferry.worker.JobListeners;
import dev.imageferry.worker.JobRun;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The actions of an operator on a job or on the whole queue. They take effect on all instances. */
@ApplicationScoped
public class QueueControl {
    private final JobQueue queue;
    private final JobLists lists;
    private final JobControl control;
    private final Daemon daemon;
    private final JobListeners listener;

    public QueueControl(JobQueue queue, JobLists lists, JobControl control, Daemon daemon, JobListeners listener) {
        this.queue = queue;
        this.lists = lists;
        this.control = control;
        this.daemon = daemon;
        this.listener = listener;
    }

    /** Pauses new uploads on all instances, also after a restart. Uploads in progress continue. */
    public void pause() {
        control.setPaused(true);
    }

    /** Resumes uploads on all instances. */
    public void resume() {
        control.setPaused(false);
        daemon.wake();
    }

    /** Cancels a job without an outcome: stops its PUT, deletes its image and moves its file to {@code failed/}. */
    public Change cancel(UUID id) {
        Change change = control.requestCancel(id);
        daemon.run(id).ifPresent(run -> run.requestStop(JobRun.StopReason.CANCEL_REQUESTED));
        daemon.wake();
        return change;
    }

    /** Sets the priority of a job. Higher priorities are uploaded first. */
    public Change setPriority(UUID id, int priority) {
        return control.setPriority(id, priority);
    }

    /** Moves the file and its sidecar back from {@code failed/} and starts the job again with all attempts. */
    public Change retry(UUID id) {
        Optional<Job> found = queue.find(id);
        if (found.isEmpty()) {
            return new Change.NoSuchJob();
        }
        Job job = found.get();
        if (!JobLifecycle.isRetryable(job)) {
            return new Change.Refused("The job is " + job.state()
                    + ". Only a job that is FAILED or REJECTED, or was CANCELLED by a user or because its image"
                    + " vanished, can be retried");
        }
        if (!job.isArchived()) {
            return new Change.Refused("The file of the job is still being moved to failed/. Try again in a moment");
        }
        Optional<FolderService> service =
                daemon.service().filter(running -> running.folder().id().equals(job.folderId()));
        if (service.isEmpty()) {
            return new Change.Refused(
                    "This instance does not serve the drop folder of the job. Send the request to one that does");
        }
        String name = Objects.requireNonNull(job.archiveNameOrNull(), "an archived job has a name");
        return switch (service.get().archive().restore(job.id(), job.file(), job.fingerprint(), name)) {
            case Restoration.Restored restored -> retry(job, restored.fingerprint(), service.get());
            case Restoration.Conflict conflict -> new Change.Refused(conflict.message());
            case Restoration.Missing missing -> new Change.Refused(missing.message());
            case ArchiveHindrance.Unavailable unavailable ->
                new Change.Refused(unavailable.problem().message());
            case ArchiveHindrance.Interrupted interrupted ->
                new Change.Refused("Moving the file back was interrupted. Try again");
        };
    }

    private Change retry(Job job, FileFingerprint file, FolderService service) {
        @Nullable
        ImageMetadata metadata = switch (service.metadata().read(job.file())) {
            case MetadataReader.Result.Read read -> read.metadata();
            case MetadataReader.Result.Bad bad -> null;
        };
        Change change = control.retry(JobLifecycle.retried(
                job.withConvert(service.conversion().applies(new DroppedFile(job.file(), file))), file, metadata));
        if (change instanceof Change.Made(Job again)) {
            listener.retried(job, again);
        }
        daemon.wake();
        return change;
    }

    /** The result of a change of many jobs. */
    public record ManyChanged(int changed, List<Refusal> refused) {
        public ManyChanged {
            refused = List.copyOf(refused);
        }
    }

    /** A job that was not changed. */
    public record Refusal(UUID id, String reason) {}

    /** Cancels the jobs that the filter selects now, whatever its page. */
    public ManyChanged cancel(JobFilter filter) {
        return changeEach(filter, this::cancel);
    }

    /** Retries the jobs that the filter selects now, whatever its page. */
    public ManyChanged retry(JobFilter filter) {
        return changeEach(filter, this::retry);
    }

    private ManyChanged changeEach(JobFilter filter, Function<UUID, Change> how) {
        int changed = 0;
        List<Refusal> refused = new ArrayList<>();
        for (UUID id : lists.ids(filter)) {
            switch (how.apply(id)) {
                case Change.Made made -> changed++;
                case Change.Refused refusal -> refused.add(new Refusal(id, refusal.reason()));
                case Change.NoSuchJob gone -> refused.add(new Refusal(id, "The job no longer exists"));
            }
        }
        return new ManyChanged(changed, refused);
    }

    /** The bandwidth limit set for the whole queue; empty if {@code imageferry.upload.bandwidth} applies. */
    public Optional<String> bandwidth() {
        return control.bandwidth();
    }

    /**
     * Sets the bandwidth limit of the whole queue. Takes effect within a second on all instances and survives restarts.
     *
     * @param limit bytes per second ({@code 10M}), {@code off}, a timetable, or null for {@code imageferry.upload.bandwidth}
     * @throws IllegalArgumentException if the limit is invalid. The message names the value and what to send instead
     */
    public void setBandwidth(@Nullable String limit) {
        if (limit != null) {
            BandwidthTimetable.parse(limit);
        }
        control.setBandwidth(limit);
        daemon.count();
    }
}
