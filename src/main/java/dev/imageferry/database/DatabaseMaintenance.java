package dev.imageferry.database;

import dev.imageferry.database.MoveMarker.Move;
import dev.imageferry.job.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import java.util.UUID;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.configuration.FluentConfiguration;

/** Backup, restore, and the move from the embedded to an external database. */
public final class DatabaseMaintenance {
    private final Path directory;
    private final Optional<DirectConnections> external;

    /**
     * Opens nothing yet.
     *
     * @param directory of the embedded database
     * @param url of the external database; empty to use the embedded one
     */
    public DatabaseMaintenance(
            Path directory, Optional<String> url, Optional<String> username, Optional<String> password) {
        this.directory = directory.toAbsolutePath().normalize();
        this.external = url.map(jdbc -> new DirectConnections(jdbc, username, password, new TablesSchema()));
    }

    /**
     * What was copied.
     *
     * @param database host and database, or the directory
     */
    public record Copied(String database, long jobs, long historyLines) {
        private static Copied of(String database, BackupManifest manifest) {
            return new Copied(database, manifest.rows("job"), manifest.rows("job_history"));
        }
    }

    private interface Work<T> {
        T run() throws IOException, SQLException, DatabaseStartException, BackupException;
    }

    /**
     * Writes a backup into a new file. Daemons can work meanwhile.
     *
     * @throws BackupException with one line that says what to do
     */
    public Copied backUp(Path file) throws BackupException {
        return reported(() -> {
            if (external.isPresent()) {
                return Copied.of(name(external.get()), backup(external.get()).backUp(file));
            }
            requireEmbedded();
            if (DirectoryLock.isTaken(directory.toRealPath())) {
                return Copied.of(
                        directory.toString(),
                        backup(new EmbeddedFiles(directory).ofRunningDaemon()).backUp(file));
            }
            requireOwner();
            try (EmbeddedDatabase database = EmbeddedDatabase.start(directory)) {
                return Copied.of(
                        directory.toString(), backup(database.connections()).backUp(file));
            }
        });
    }

    /**
     * Restores a backup into an empty database that no daemon uses.
     *
     * @throws BackupException with one line that says what to do; nothing was restored then
     */
    public Copied restore(Path file) throws BackupException {
        return reported(() -> {
            BackupFile.open(file).close(); // before a database is created for it
            if (external.isPresent()) {
                return Copied.of(name(external.get()), backup(external.get()).restore(file, connection -> {}));
            }
            if (Files.exists(directory)) {
                requireOwner();
            }
            try (EmbeddedDatabase database = EmbeddedDatabase.start(directory)) {
                return Copied.of(
                        directory.toString(), backup(database.connections()).restore(file, connection -> {}));
            }
        });
    }

    /**
     * Moves the queue from the embedded into the external database, which must be empty. The embedded one refuses to start
     * afterwards.
     *
     * @throws BackupException with one line that says what to do; the embedded database is unchanged then
     */
    public Copied move() throws BackupException {
        return reported(() -> {
            DirectConnections target = external.orElseThrow(() -> new BackupException(
                    "Set quarkus.datasource.jdbc.url, .username and .password to the external database first"));
            requireEmbedded();
            requireOwner();
            String name = name(target);
            try (EmbeddedDatabase database = EmbeddedDatabase.startForMove(directory)) {
                return move(database, target, name);
            }
        });
    }

    private Copied move(EmbeddedDatabase database, DirectConnections target, String name)
            throws IOException, SQLException, BackupException {
        MoveMarker marker = new MoveMarker(directory.toRealPath());
        Optional<Move> interrupted = marker.unfinished();
        if (interrupted.isPresent() && !interrupted.get().target().equals(name)) {
            // two databases with one queue would upload the same files twice
            throw new BackupException(
                    "A move to %1$s was interrupted, and quarkus.datasource.jdbc.url is %2$s: set it to %1$s and try again. If %1$s is empty or lost, delete %3$s and try again"
                            .formatted(interrupted.get().target(), name, marker.file()));
        }
        Move move = interrupted.orElseGet(() -> new Move(UUID.randomUUID(), name));
        Path file = directory.resolve("move.zip");
        try {
            Files.deleteIfExists(file);
            BackupManifest manifest = backup(database.connections()).backUp(file);
            if (interrupted.isEmpty() || !backup(target).wasFilledBy(move)) {
                // the commit and the completion of the marker are two actions: between them, the embedded database is
                // blocked
                backup(target).restore(file, connection -> {
                    QueueBackup.nameMove(connection, move);
                    marker.begin(move);
                });
            }
            marker.complete(move);
            return Copied.of(name, manifest);
        } finally {
            Files.deleteIfExists(file);
        }
    }

    /**
     * Checks for the start of a daemon on an external database whether the embedded one was left with jobs.
     *
     * @param directory of the embedded database
     * @return a warning; empty if the queue was moved, or there is no embedded database
     * @throws DatabaseStartException if a move was interrupted
     */
    public static Optional<String> checkNothingLeftBehind(Path directory) throws DatabaseStartException {
        MoveMarker marker = new MoveMarker(directory.toAbsolutePath().normalize());
        if (!marker.exists()) {
            return new EmbeddedFiles(directory).exist()
                    ? Optional.of(
                            "The jobs of the embedded database in %s are not in the external database: stop the daemon and run \"imageferry database move\", or move the directory away"
                                    .formatted(marker.home()))
                    : Optional.empty();
        }
        try {
            marker.requireFinished();
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of("Cannot read %s: %s".formatted(marker.file(), Reason.of(e)));
        }
    }

    private void requireEmbedded() throws BackupException {
        if (!new EmbeddedFiles(directory).exist()) {
            throw new BackupException(
                    "There is no embedded database in %s (imageferry.database.directory)".formatted(directory));
        }
    }

    /** Another user would create files that the daemon cannot read. */
    private void requireOwner() throws IOException, BackupException {
        String owner = Files.getOwner(directory).getName();
        String user = System.getProperty("user.name", "");
        if (!owner.equals(user)) {
            throw new BackupException(
                    "%s belongs to the user %s: run this command as %s".formatted(directory, owner, owner));
        }
    }

    private static QueueBackup backup(DirectConnections connections) {
        return new QueueBackup(connections, migrations());
    }

    private static FluentConfiguration migrations() {
        return Flyway.configure(DatabaseMaintenance.class.getClassLoader()).locations("classpath:db/migration");
    }

    private static String name(DirectConnections connections) throws SQLException {
        try (Connection connection = connections.open(SessionSettings.forMigration(), "imageferry backup")) {
            // the driver's form of the URL can contain parameters, and these a password
            return connection.getMetaData().getURL().replaceFirst("\\?.*", "").replaceFirst("^jdbc:postgresql://", "");
        }
    }

    private static <T> T reported(Work<T> work) throws BackupException {
        try {
            return work.run();
        } catch (IOException e) {
            throw new BackupException(Reason.of(e), e);
        } catch (SQLException e) {
            throw new BackupException("The database failed: " + Outage.reason(e), e);
        } catch (DatabaseStartException e) {
            throw new BackupException(String.valueOf(e.getMessage()), e);
        } catch (FlywayException e) {
            throw new BackupException(
                    "The tables could not be created: "
                            + String.valueOf(e.getMessage()).lines().findFirst().orElse(""),
                    e);
        }
    }
}
