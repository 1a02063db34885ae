package dev.imageferry.daemon;

import dev.imageferry.drop.Incoming;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;

/** Takes files for the drop folder over the network. */
@ApplicationScoped
public class DropUpload {
    private final Daemon daemon;

    DropUpload(Daemon daemon) {
        this.daemon = daemon;
    }

    /**
     * Takes one file; it becomes a job as any other in the folder, once it has settled.
     *
     * @throws IOException when the content cannot be read
     */
    public Incoming.Receipt take(String path, InputStream content, long announcedBytes, Map<String, byte[]> digests)
            throws IOException {
        FolderService service = daemon.service().orElse(null);
        return service == null
                ? new Incoming.Receipt.Unavailable("the daemon is still starting: send it again in a few seconds")
                : service.incoming().take(path, content, announcedBytes, digests);
    }
}
