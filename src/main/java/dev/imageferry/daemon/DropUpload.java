package dev.imageferry.daemon;

import dev.imageferry.drop.Incoming;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;

/** Receives files for the drop folder over HTTP. */
@ApplicationScoped
public class DropUpload {
    private final Daemon daemon;

    DropUpload(Daemon daemon) {
        this.daemon = daemon;
    }

    /**
     * Receives one file. It becomes a job like any other file in the folder, once it has settled.
     *
     * @throws IOException if the content cannot be read
     */
    public Incoming.Receipt take(String path, InputStream content, long announcedBytes, Map<String, byte[]> digests)
            throws IOException {
        FolderService service = daemon.service().orElse(null);
        return service == null
                ? new Incoming.Receipt.Unavailable("The daemon is still starting. Send the file again in a few seconds")
                : service.incoming().take(path, content, announcedBytes, digests);
    }
}
