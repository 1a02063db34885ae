package dev.imageferry.database;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Says that the queue of an embedded database was moved to an external one, so that nobody uses the old copy by mistake. Two
 * daemons on two copies of a queue would upload the same files twice.
 *
 * @param home the database directory
 */
record MoveMarker(Path home) {
    private static final String UNFINISHED = "unfinished";

    /**
     * A move that has begun.
     *
     * @param id also in the target once it is committed
     * @param target host and database, without secrets
     */
    record Move(UUID id, String target) {}

    Path file() {
        return home.resolve("moved");
    }

    /** Until {@link #complete}, a start is refused, but the move to the same target can be repeated. */
    void begin(Move move) throws IOException {
        PrivateFiles.write(file(), "%s\n%s\n%s\n".formatted(UNFINISHED, move.target(), move.id()));
    }

    /** Ends the move. */
    void complete(Move move) throws IOException {
        PrivateFiles.write(file(), move.target() + "\n");
    }

    /**
     * The move that was interrupted.
     *
     * @throws IOException also if the file is damaged
     */
    Optional<Move> unfinished() throws IOException {
        Optional<String> content = content().filter(MoveMarker::isUnfinished);
        if (content.isEmpty()) {
            return Optional.empty();
        }
        List<String> lines = content.get().lines().toList();
        try {
            return Optional.of(new Move(UUID.fromString(lines.get(2)), lines.get(1)));
        } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
            throw new IOException(
                    "%s does not name an interrupted move: delete it if the external database is empty"
                            .formatted(file()),
                    e);
        }
    }

    boolean exists() {
        return Files.exists(file());
    }

    private Optional<String> content() throws IOException {
        return Files.exists(file()) ? Optional.of(Files.readString(file()).strip()) : Optional.empty();
    }

    private static boolean isUnfinished(String content) {
        return content.startsWith(UNFINISHED) || content.isEmpty();
    }

    void requireNotMoved() throws IOException, DatabaseStartException {
        requireNotCompleted();
        requireFinished();
    }

    void requireFinished() throws IOException, DatabaseStartException {
        Optional<Move> interrupted = unfinished();
        if (interrupted.isPresent()) {
            throw new DatabaseStartException(
                    "A move of the embedded database in %s to %s was interrupted: set quarkus.datasource.jdbc.url and run \"imageferry database move\" again, or delete %s to stay with the embedded database"
                            .formatted(home, interrupted.get().target(), file()));
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
