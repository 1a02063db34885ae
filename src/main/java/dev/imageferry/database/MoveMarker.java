package dev.imageferry.database;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Says that the queue of an embedded database was moved to an external one, so that nobody uses the old copy by mistake. Two
 * daemons on two copies of a queue would upload the same files twice.
 *
 * @param home the database directory
 */
record MoveMarker(Path home) {
    private static final String UNFINISHED = "unfinished";

    Path file() {
        return home.resolve("moved");
    }

    /** Until {@link #complete}, a start is refused, but the move can be repeated. */
    void begin() throws IOException {
        PrivateFiles.write(file(), UNFINISHED + "\n");
    }

    /**
     * Ends the move.
     *
     * @param target host and database, without secrets
     */
    void complete(String target) throws IOException {
        PrivateFiles.write(file(), target + "\n");
    }

    boolean exists() {
        return Files.exists(file());
    }

    private Optional<String> content() throws IOException {
        return Files.exists(file()) ? Optional.of(Files.readString(file()).strip()) : Optional.empty();
    }

    private static boolean isUnfinished(String content) {
        return content.equals(UNFINISHED) || content.isEmpty();
    }

    void requireNotMoved() throws IOException, DatabaseStartException {
        requireNotCompleted();
        requireFinished();
    }

    void requireFinished() throws IOException, DatabaseStartException {
        if (content().filter(MoveMarker::isUnfinished).isPresent()) {
            throw new DatabaseStartException(
                    "A move of the embedded database in %s was interrupted: set quarkus.datasource.jdbc.url and run \"imageferry database move\" again, or delete %s to stay with the embedded database"
                            .formatted(home, file()));
        }
    }

    void requireNotCompleted() throws IOException, DatabaseStartException {
        Optional<String> target = content().filter(content -> !isUnfinished(content));
        if (target.isPresent()) {
            throw new DatabaseStartException(
                    "The queue of the embedded database in %s was moved to %s: set quarkus.datasource.jdbc.url. To discard what happened since the move and use the old copy, delete %s"
                            .formatted(home, target.get(), file()));
        }
    }
}
