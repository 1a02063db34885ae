package dev.imageferry.daemon;

import dev.imageferry.drop.ImageNames;
import dev.imageferry.drop.Incoming;
import dev.imageferry.job.DroppedFile;
import dev.imageferry.job.Job;
import dev.imageferry.job.Problem;
import dev.imageferry.queue.DatabaseOutage;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Receives files for the drop folder over HTTP. A received image is complete, so it becomes a job at once. */
@ApplicationScoped
public class DropUpload {
    private final Daemon daemon;
    private final ImageNames names;

    DropUpload(Daemon daemon, ImageNames names) {
        this.daemon = daemon;
        this.names = names;
    }

    /** The result of an upload. */
    public sealed interface Result {
        /** The image is in the folder, and this is its job. */
        record NewJob(Job job) implements Result {}

        /**
         * The file is in the folder.
         *
         * @param laterOrNull why an image is no job yet; null for a sidecar
         */
        record Stored(DroppedFile file, @Nullable String laterOrNull) implements Result {}

        /** No job was created. The receipt says why, and whether the file is in the folder. */
        record Refused(Incoming.Receipt receipt) implements Result {}
    }

    /**
     * Receives one file.
     *
     * @param announcedBytes its length, or {@link Incoming#UNKNOWN_LENGTH}
     * @throws IOException if the content cannot be read
     */
    public Result take(String path, InputStream content, long announcedBytes, Map<String, byte[]> digests)
            throws IOException {
        FolderService service = daemon.service().orElse(null);
        if (service == null) {
            return new Result.Refused(new Incoming.Receipt.Unavailable(
                    "The daemon is still starting. Send the file again in a few seconds"));
        }
        Incoming.Receipt receipt = service.incoming().take(path, content, announcedBytes, digests);
        if (!(receipt instanceof Incoming.Receipt.Stored(DroppedFile file))) {
            return new Result.Refused(receipt);
        }
        return names.isImage(path) ? enqueue(file, service) : new Result.Stored(file, null);
    }

    private static Result enqueue(DroppedFile file, FolderService service) {
        try {
            return service.take(file)
                    .<Result>map(Result.NewJob::new)
                    .orElseGet(() -> new Result.Stored(file, "an earlier file with this name is still being checked"));
        } catch (RuntimeException e) {
            Optional<Problem> outage = DatabaseOutage.of(e);
            if (outage.isPresent()) {
                return new Result.Stored(file, outage.get().message() + ", so the job is created later");
            }
            return new Result.Refused(new Incoming.Receipt.BadName(
                    file.path() + " is in the folder, but cannot be recorded in the database ("
                            + DatabaseOutage.words(e) + "). Rename it there or fix its sidecar"));
        }
    }
}
