package dev.imageferry.database;

import dev.imageferry.job.Reason;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jboss.logging.Logger;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * The embedded PostgreSQL, used if no JDBC URL is set. Its directory contains:
 *
 * <table>
 * <caption>files</caption>
 * <tr><td>{@code data}</td><td>PostgreSQL's data directory; complete if it exists</td></tr>
 * <tr><td>{@code password}</td><td>random password of the daemon's role</td></tr>
 * <tr><td>{@code lock}</td><td>locked by a running daemon; names it</td></tr>
 * <tr><td>{@code moved}</td><td>exists once the queue was moved to an external database</td></tr>
 * <tr><td>{@code work}</td><td>the programs of PostgreSQL</td></tr>
 * <tr><td>{@code log}</td><td>logs of the server, one file per weekday</td></tr>
 * </table>
 *
 * <p>Only the owner can read them. The server listens only on 127.0.0.1 and requires a password. The daemon's role owns its
 * database and is not a superuser, and the superuser cannot log in. A server that dies is started again on the same port. After
 * {@link #close()} no process is left.
 */
public final class EmbeddedDatabase implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(EmbeddedDatabase.class);

    /** Outside the range of ephemeral ports, so that no outgoing connection can have the same port. */
    private static final int LOWEST_PORT = 15_000;

    private static final int HIGHEST_PORT = 32_000;
    private static final int PORT_ATTEMPTS = 5;
    private static final int MAJOR_VERSION = 18;
    private static final int PASSWORD_BYTES = 24;
    private static final Duration CHECK_EVERY = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

    private final PostgresServer server;
    private final DirectoryLock lock;
    private final int port;
    private final String password;
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread watcher;

    /** The postmaster at the last check. Used by the watcher. */
    private long knownPostmaster = -1;

    private EmbeddedDatabase(PostgresServer server, DirectoryLock lock, int port, String password) {
        this.server = server;
        this.lock = lock;
        this.port = port;
        this.password = password;
        this.watcher = Thread.ofPlatform().name("embedded-postgresql").daemon().unstarted(this::keepRunning);
    }

    /**
     * Starts the server and returns when it accepts connections. Creates the data directory if it is missing. A server of a
     * killed daemon is stopped first.
     *
     * @param directory created if it is missing
     * @throws DatabaseStartException with one line that says what to do; no process is left then
     */
    public static EmbeddedDatabase start(Path directory) throws DatabaseStartException {
        return start(directory, MoveMarker::requireNotMoved);
    }

    /** Like {@link #start}, to repeat a move that was interrupted. */
    static EmbeddedDatabase startForMove(Path directory) throws DatabaseStartException {
        return start(directory, MoveMarker::requireNotCompleted);
    }

    private interface Condition {
        void require(MoveMarker marker) throws IOException, DatabaseStartException;
    }

    private static EmbeddedDatabase start(Path directory, Condition condition) throws DatabaseStartException {
        try {
            PrivateFiles.createDirectory(directory.toAbsolutePath().normalize());
            Path home = directory.toRealPath();
            requireQuotable(home);
            requireNotWorldWritable(home);
            DirectoryLock lock = DirectoryLock.take(home, InstantSource.system());
            boolean started = false;
            try {
                condition.require(new MoveMarker(home));
                EmbeddedDatabase database = startLocked(home, lock);
                started = true;
                return database;
            } finally {
                if (!started) {
                    lock.close();
                }
            }
        } catch (IOException e) {
            throw new DatabaseStartException(
                    "Cannot use the database directory %s (imageferry.database.directory): %s"
                            .formatted(directory.toAbsolutePath(), Reason.of(e)),
                    e);
        }
    }

    private static EmbeddedDatabase startLocked(Path home, DirectoryLock lock)
            throws IOException, DatabaseStartException {
        Path work = home.resolve("work");
        PrivateFiles.createDirectory(work);
        PrivateFiles.createDirectory(home.resolve("log"));
        PostgresBinaries binaries = PostgresBinaries.unpackInto(work);
        PostgresServer server = new PostgresServer(binaries, home);
        boolean leftOver = server.stopLeftOvers();
        server.deleteUnfinished();
        binaries.deleteOthers();

        Path passwordFile = home.resolve("password");
        if (!server.isInitialised()) {
            PrivateFiles.write(passwordFile, randomPassword());
            server.initialise(Files.readString(passwordFile));
        }
        requireKnownVersion(server.data());
        if (!Files.isRegularFile(passwordFile)) {
            throw new DatabaseStartException(
                    "The password file %s is missing: restore it, or move %s away to start with an empty database"
                            .formatted(passwordFile, server.data()));
        }
        Files.setPosixFilePermissions(passwordFile, PosixFilePermissions.fromString("rw-------"));
        String password = Files.readString(passwordFile).strip();

        int port = startOnFreePort(server);
        EmbeddedDatabase database = new EmbeddedDatabase(server, lock, port, password);
        database.requireLogin(passwordFile);
        database.watcher.start();
        LOG.infof(
                "Embedded PostgreSQL is running: directory=%s port=%d%s",
                home, port, leftOver ? " (stopped a server of a killed daemon first)" : "");
        return database;
    }

    private static int startOnFreePort(PostgresServer server) throws IOException, DatabaseStartException {
        RandomGenerator random = RandomGenerator.getDefault();
        for (int attempt = 1; ; attempt++) {
            int port = freePort(random);
            try {
                server.start(port);
                return port;
            } catch (DatabaseStartException e) {
                // another process may have taken the port between the check and the start
                if (attempt == PORT_ATTEMPTS || isFree(port)) {
                    throw e;
                }
            }
        }
    }

    private static int freePort(RandomGenerator random) throws IOException {
        for (int attempt = 0; attempt < 1_000; attempt++) {
            int port = random.nextInt(LOWEST_PORT, HIGHEST_PORT);
            if (isFree(port)) {
                return port;
            }
        }
        throw new IOException("no free TCP port on 127.0.0.1 between " + LOWEST_PORT + " and " + HIGHEST_PORT);
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port));
            return true;
        } catch (IOException e) {
            return false; // in use or not permitted
        }
    }

    private static String randomPassword() {
        byte[] bytes = new byte[PASSWORD_BYTES];
        new SecureRandom().nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    private static void requireKnownVersion(Path data) throws IOException, DatabaseStartException {
        String version = Files.readString(data.resolve("PG_VERSION")).strip();
        if (!version.equals(Integer.toString(MAJOR_VERSION))) {
            throw new DatabaseStartException(
                    "%s was created by PostgreSQL %s, but this build contains version %d: use the build that created it, or dump and restore"
                            .formatted(data, version, MAJOR_VERSION));
        }
    }

    /** initdb and pg_ctl use a shell, in which these characters are special even in double quotes. */
    private static void requireQuotable(Path home) throws DatabaseStartException {
        if (home.toString().chars().anyMatch(character -> "\"$`\\\n\r".indexOf(character) >= 0)) {
            throw new DatabaseStartException(
                    "The path of the database directory %s contains one of \" $ ` \\ or a line break: set imageferry.database.directory to a path without them"
                            .formatted(home.toString().replaceAll("[\n\r]", "?")));
        }
    }

    /** In a directory like /tmp, other users could create links and files. */
    private static void requireNotWorldWritable(Path home) throws IOException, DatabaseStartException {
        if (Files.getPosixFilePermissions(home).contains(PosixFilePermission.OTHERS_WRITE)) {
            throw new DatabaseStartException(
                    "The database directory %s is writable for all users: chmod o-w it, or set imageferry.database.directory to another one"
                            .formatted(home));
        }
    }

    private void requireLogin(Path passwordFile) throws IOException, DatabaseStartException {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setUrl(jdbcUrl());
        source.setUser(username());
        source.setPassword(password);
        try (Connection connection = source.getConnection()) {
            connection.isValid(0);
        } catch (SQLException e) {
            server.stop();
            throw new DatabaseStartException(
                    "The embedded database in %s refuses the password in %s: %s"
                            .formatted(
                                    server.data(),
                                    passwordFile,
                                    Objects.toString(e.getMessage(), "")
                                            .lines()
                                            .findFirst()
                                            .orElse("")),
                    e);
        }
    }

    private void keepRunning() {
        Duration pause = CHECK_EVERY;
        try {
            while (!closing.await(pause.toMillis(), TimeUnit.MILLISECONDS)) {
                pause = isRunning() || startAgain() ? CHECK_EVERY : longer(pause);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static Duration longer(Duration pause) {
        Duration doubled = pause.multipliedBy(2);
        return doubled.compareTo(LONGEST_PAUSE) < 0 ? doubled : LONGEST_PAUSE;
    }

    private boolean isRunning() {
        if (server.processes().serves(knownPostmaster)) {
            return true; // without reading its files each second
        }
        try {
            knownPostmaster = server.processes().postmaster().orElse(-1);
            return knownPostmaster >= 0;
        } catch (IOException e) {
            LOG.warnf("Cannot check whether embedded PostgreSQL is running: %s", Reason.of(e));
            return true;
        }
    }

    private boolean startAgain() {
        LOG.warnf("Embedded PostgreSQL has died, starting it again: port=%d", port);
        try {
            server.stopLeftOvers();
            server.start(port);
            LOG.infof("Embedded PostgreSQL is running again: port=%d", port);
            return true;
        } catch (IOException | DatabaseStartException e) {
            LOG.errorf("Embedded PostgreSQL did not start again, will retry: %s", e.getMessage());
            return false;
        }
    }

    /** Host, port and database, without secrets. */
    public String jdbcUrl() {
        return jdbcUrl(port);
    }

    static String jdbcUrl(int port) {
        // loopback needs no TLS, and negotiating it would cost a round trip per connection
        return "jdbc:postgresql://127.0.0.1:%d/%s?sslmode=disable&gssEncMode=disable"
                .formatted(port, PostgresServer.DATABASE);
    }

    public String username() {
        return PostgresServer.ROLE;
    }

    DirectConnections connections() {
        return new DirectConnections(jdbcUrl(), Optional.of(username()), Optional.of(password), new TablesSchema());
    }

    public String password() {
        return password;
    }

    /** Shuts down the server, which closes open connections, and releases the directory. */
    @Override
    public void close() {
        closing.countDown();
        boolean interrupted = joinWatcher();
        try {
            server.stop();
        } catch (IOException | DatabaseStartException e) {
            LOG.errorf("Embedded PostgreSQL did not shut down cleanly; the next start recovers: %s", e.getMessage());
        } finally {
            try {
                lock.close();
            } catch (IOException e) {
                LOG.warnf("Could not close the lock file: %s", Reason.of(e));
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Waits for a restart in progress, because a shutdown during it would miss the server. */
    private boolean joinWatcher() {
        boolean interrupted = false;
        while (true) {
            try {
                watcher.join();
                return interrupted;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
    }

    @Override
    public String toString() {
        return "EmbeddedDatabase[port=" + port + "]";
    }
}
