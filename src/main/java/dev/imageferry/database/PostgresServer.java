package dev.imageferry.database;

import dev.imageferry.file.Durable;
import io.zonky.test.db.postgres.util.LinuxUtils;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/**
 * Creates a data directory, and starts and stops the server in it. Not thread-safe; the caller must hold the lock of the
 * directory.
 *
 * @param binaries PostgreSQL's programs
 * @param home the database directory, as a real path
 */
record PostgresServer(PostgresBinaries binaries, Path home) {
    static final String DATABASE = "imageferry";
    static final String ROLE = "imageferry";

    private static final Logger LOG = Logger.getLogger(PostgresServer.class);
    private static final String UNFINISHED = "unfinished-";

    /** Crash recovery reads up to max_wal_size, which can take minutes on a slow disk. */
    private static final Duration START_WAIT = Duration.ofMinutes(10);

    /** A fast shutdown writes one checkpoint of at most shared_buffers. */
    private static final Duration STOP_WAIT = Duration.ofSeconds(60);

    /** Without a postmaster, its children end after their current statement. */
    private static final Duration ORPHAN_WAIT = Duration.ofSeconds(10);

    private static final Duration TOOL_WAIT = Duration.ofMinutes(5);

    /**
     * The complete configuration. It replaces that of initdb, so that nothing depends on the host. Safe against power failures,
     * loopback TCP only (the path of a Unix socket is limited to 107 bytes), logs of one week, little memory, and few processes and
     * wakeups while nothing happens: backends write and read by themselves, and each commit writes the log.
     */
    private static final String CONFIGURATION = """
            # Written by Imageferry at every start; changes are lost.
            listen_addresses = '127.0.0.1'
            unix_socket_directories = ''
            max_connections = 60
            password_encryption = 'scram-sha-256'
            fsync = on
            synchronous_commit = on
            full_page_writes = on
            shared_buffers = 64MB
            dynamic_shared_memory_type = posix
            max_wal_size = 512MB
            min_wal_size = 80MB
            max_wal_senders = 0
            wal_level = minimal
            max_logical_replication_workers = 0
            io_method = 'sync'
            bgwriter_delay = 2s
            wal_writer_delay = 10s
            timezone = 'UTC'
            log_timezone = 'UTC'
            datestyle = 'iso, ymd'
            lc_messages = 'C'
            lc_monetary = 'C'
            lc_numeric = 'C'
            lc_time = 'C'
            default_text_search_config = 'pg_catalog.simple'
            logging_collector = on
            log_filename = 'postgresql-%a.log'
            log_file_mode = 0600
            log_rotation_age = 1d
            log_rotation_size = 0
            log_truncate_on_rotation = on
            log_checkpoints = off
            """;

    /** Only loopback TCP with a password. The superuser has no password and thus cannot log in. */
    private static final String CLIENTS = """
            # Written by Imageferry at every start; changes are lost.
            host all all 127.0.0.1/32 scram-sha-256
            """;

    /** PostgreSQL's data directory. It is complete if it exists. */
    Path data() {
        return home.resolve("data");
    }

    private Path logs() {
        return home.resolve("log");
    }

    ServerProcesses processes() {
        return new ServerProcesses(data());
    }

    boolean isInitialised() {
        return Files.isDirectory(data());
    }

    /**
     * Creates the data directory, and a role without privileges that owns its database. The directory has another name until it is
     * complete. The name is new each time, because an initdb of a killed daemon may still use the previous one. Role and database
     * are created by the single-user backend, which accepts no connections.
     *
     * @param password of the role; letters and digits only
     */
    void initialise(String password) throws IOException, DatabaseStartException {
        Path draft = Files.createTempDirectory(home, UNFINISHED);
        String output = run(
                List.of(
                        program("initdb"),
                        "--pgdata=" + draft,
                        "--username=postgres",
                        "--auth=reject",
                        "--encoding=UTF8",
                        // the built-in locale sorts independently of the C library
                        "--locale-provider=builtin",
                        "--builtin-locale=C.UTF-8",
                        "--locale=C",
                        "--no-instructions",
                        // everything is synced at the end
                        "--no-sync"),
                draft,
                "");
        if (!Files.isRegularFile(draft.resolve("PG_VERSION"))) {
            throw failure("initdb did not create a data directory", output);
        }
        // the single-user backend reads one statement per line
        String made =
                run(List.of(program("postgres"), "--single", "-F", "postgres"), draft, """
                CREATE ROLE %1$s LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD '%2$s'
                CREATE DATABASE %1$s OWNER %1$s
                REVOKE ALL ON DATABASE postgres FROM PUBLIC
                SELECT 'made ' || d.datname AS outcome FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba WHERE r.rolname = '%1$s'
                """.formatted(ROLE, password));
        if (!made.contains("made " + DATABASE)) {
            // without the output, which may contain the password
            throw failure("cannot create the database in " + draft, "");
        }
        Durable.syncTree(draft);
        Files.move(draft, data(), StandardCopyOption.ATOMIC_MOVE);
        Durable.sync(home);
    }

    /** Deletes incomplete data directories of earlier starts, and stops the programs that still use them. */
    void deleteUnfinished() throws IOException, DatabaseStartException {
        try (DirectoryStream<Path> all = Files.newDirectoryStream(home, UNFINISHED + "*")) {
            for (Path each : all) {
                stop(new ServerProcesses(each));
                try {
                    PrivateFiles.deleteTree(each);
                } catch (DirectoryNotEmptyException e) {
                    // an initdb of a killed daemon still writes to it
                    LOG.debugf("Could not delete an incomplete data directory; the next start will: %s", e);
                }
            }
        }
    }

    /**
     * Starts the server and returns when it accepts connections, after crash recovery.
     *
     * @param port on 127.0.0.1
     */
    void start(int port) throws IOException, DatabaseStartException {
        PrivateFiles.write(
                data().resolve("postgresql.conf"),
                CONFIGURATION
                        + "port = %d%nlog_directory = '%s'%n"
                                .formatted(port, logs().toString().replace("'", "''")));
        PrivateFiles.write(data().resolve("pg_hba.conf"), CLIENTS);
        // pg_ctl starts the server in a new session, so that Ctrl-C does not stop it before Quarkus has shut down
        Path output = logs().resolve("start.log");
        Process start = launch(
                List.of(program("pg_ctl"), "start", "-w", "-t", Long.toString(START_WAIT.toSeconds())),
                data(),
                ProcessBuilder.Redirect.to(output.toFile()));
        start.getOutputStream().close();
        int status = await(start, START_WAIT.plusSeconds(30));
        if (status != 0) {
            stopLeftOvers();
            throw failure(
                    "cannot start PostgreSQL in " + data(),
                    // the log can also have errors of earlier starts
                    newestLog().orElse("") + Files.readString(output));
        }
    }

    /** Stops the server after a checkpoint and closes open connections. Does nothing if it does not run. */
    void stop() throws IOException, DatabaseStartException {
        stop(processes());
    }

    /**
     * Cleans up after a killed daemon or postmaster: stops a server that still runs, ends processes without a postmaster, and
     * deletes an obsolete pid file.
     *
     * @return whether a server was still running
     */
    boolean stopLeftOvers() throws IOException, DatabaseStartException {
        return stop(processes());
    }

    private boolean stop(ServerProcesses processes) throws IOException, DatabaseStartException {
        OptionalLong postmaster = processes.postmaster();
        if (postmaster.isPresent()) {
            signal("INT", postmaster.getAsLong());
            if (!awaitEnd(processes, STOP_WAIT)) {
                signal("QUIT", postmaster.getAsLong());
            }
        }
        if (!awaitEnd(processes, postmaster.isPresent() ? STOP_WAIT : Duration.ZERO)) {
            // the postmaster is missing or hangs; its children hold shared memory, which prevents the next start
            for (long each : processes.all()) {
                signal("QUIT", each);
            }
            if (!awaitEnd(processes, ORPHAN_WAIT)) {
                for (long each : processes.all()) {
                    ProcessHandle.of(each).ifPresent(ProcessHandle::destroyForcibly);
                }
            }
            if (!awaitEnd(processes, ORPHAN_WAIT)) {
                throw new DatabaseStartException(
                        "cannot stop the PostgreSQL processes %s in %s: stop them, then start again"
                                .formatted(processes.all(), processes.data()));
            }
        }
        // otherwise the next start fails if another process has the pid in it
        Files.deleteIfExists(processes.pidFile());
        return postmaster.isPresent();
    }

    private void signal(String name, long pid) throws IOException, DatabaseStartException {
        // Java can send only SIGTERM and SIGKILL. The exit status is ignored, because the process may just have ended.
        Process kill = launch(
                List.of(program("pg_ctl"), "kill", name, Long.toString(pid)), data(), ProcessBuilder.Redirect.DISCARD);
        kill.getOutputStream().close();
        await(kill, TOOL_WAIT);
    }

    private static boolean awaitEnd(ServerProcesses processes, Duration wait)
            throws IOException, DatabaseStartException {
        long deadline = System.nanoTime() + wait.toNanos();
        while (!processes.all().isEmpty()) {
            if (System.nanoTime() - deadline > 0) {
                return false;
            }
            pause();
        }
        return true;
    }

    private static void pause() throws DatabaseStartException {
        try {
            // there is no event for the end of a process that is not a child
            TimeUnit.MILLISECONDS.sleep(20);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DatabaseStartException("interrupted while waiting for PostgreSQL", e);
        }
    }

    private String program(String name) {
        return binaries.program(name).toString();
    }

    private String run(List<String> command, Path dataDirectory, String input)
            throws IOException, DatabaseStartException {
        Path output = logs().resolve("setup.log");
        Process process = launch(command, dataDirectory, ProcessBuilder.Redirect.to(output.toFile()));
        try (OutputStream stream = process.getOutputStream()) {
            stream.write(input.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            // a broken pipe: the program has ended, and its output contains the reason
            process.destroy();
        }
        int status = await(process, TOOL_WAIT);
        String text = Files.readString(output);
        // the single-user backend prints failed statements, and one of them contains the password
        Files.delete(output);
        if (status != 0) {
            throw failure(Path.of(command.getFirst()).getFileName() + " failed for " + dataDirectory, text);
        }
        return text;
    }

    private static Process launch(List<String> command, Path dataDirectory, ProcessBuilder.Redirect output)
            throws IOException {
        List<String> whole = new ArrayList<>();
        if (LinuxUtils.isUnshareAvailable()) {
            // PostgreSQL refuses to run as root, but accepts root in a new user namespace
            whole.addAll(List.of("unshare", "-U"));
        }
        whole.addAll(command);
        ProcessBuilder builder = new ProcessBuilder(whole);
        // without PG* variables and tokens of the environment
        Map<String, String> environment = builder.environment();
        String path = environment.getOrDefault("PATH", "/usr/bin:/bin");
        environment.clear();
        environment.putAll(Map.of("PATH", path, "LC_ALL", "C", "PGDATA", dataDirectory.toString()));
        return builder.redirectErrorStream(true).redirectOutput(output).start();
    }

    private static int await(Process process, Duration wait) throws DatabaseStartException {
        try {
            if (!process.waitFor(wait.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
                return -1;
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            process.destroyForcibly();
            throw new DatabaseStartException("interrupted while waiting for PostgreSQL", e);
        }
    }

    private Optional<String> newestLog() throws IOException {
        List<Path> files = new ArrayList<>();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(logs(), "postgresql-*.log")) {
            all.forEach(files::add);
        }
        Optional<Path> newest = files.stream()
                .max(Comparator.comparingLong(file -> file.toFile().lastModified()));
        return newest.isPresent() ? Optional.of(Files.readString(newest.get())) : Optional.empty();
    }

    /** Contains the last line of the output with an error, or else the last line. */
    private DatabaseStartException failure(String what, String output) {
        List<String> lines = output.lines().filter(line -> !line.isBlank()).toList();
        Stream<String> errors = lines.stream().filter(line -> line.matches(".*\\b(FATAL|PANIC|error|ERROR):.*"));
        String reason = errors.reduce((first, second) -> second)
                .or(() -> lines.isEmpty() ? Optional.empty() : Optional.of(lines.getLast()))
                .map(line -> ": " + line.strip())
                .orElse("");
        return new DatabaseStartException("The embedded database: %s%s (logs: %s)".formatted(what, reason, logs()));
    }
}
