package dev.imageferry.simulator;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** The saved images and events of a simulated Linode: one JSON file, replaced as a whole. */
final class StateFile {
    private final Path file;

    StateFile(Path file) {
        this.file = file;
    }

    /**
     * Returns an empty object when nothing was saved.
     *
     * @throws IllegalStateException when the file holds something else
     */
    JsonObject read() {
        try {
            return Files.exists(file) ? new JsonObject(Files.readString(file)) : new JsonObject();
        } catch (DecodeException notJson) {
            throw new IllegalStateException(
                    file + " is damaged. Delete it to start with an empty simulated Linode", notJson);
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    void write(JsonObject state) {
        Path draft = file.resolveSibling(file.getFileName() + ".tmp");
        try {
            Files.writeString(draft, state.encodePrettily());
            Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }
}
