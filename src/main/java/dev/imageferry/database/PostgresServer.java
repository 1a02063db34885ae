package dev.imageferry.database;

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
 * One data directory and the programs that make, start and stop the server in it. Knows nothing of who holds the directory; the
 * caller has its lock, and calls from one thread at a time.
 *
 * @param binaries PostgreSQL's programs
 * @param home the database directory, as a real path
 */
record PostgresServer(PostgresBinaries binaries, Path home) {
    static final String DATABASE = "imageferry";
    static final String ROLE = "imageferry";

    private static final Logger LOG = Logger.getLogger(PostgresServer.class);
    private static final String UNFINISHED = "unfinished-";

    /** Crash recovery reads up to max_wal_size again; on a slow disk under load that takes minutes. */
    private static final Duration START_WAIT = Duration.ofMinutes(10);

    /** A fast stop writes one checkpoint: at most shared_buffers. */
    private static final Duration STOP_WAIT = Duration.ofSeconds(60);

    /** A crash of the postmaster makes its children end by themselves, in the time of one statement. */
    private static final Duration ORPHAN_WAIT = Duration.ofSeconds(10);

    private static final Duration TOOL_WAIT = Duration.ofMinutes(5);

    /**
     * Everything the server is told: initdb's own file is replaced, so that nothing comes from the host. Safe against power cuts
     * (the three switches on), loopback TCP only (a socket's path may have 107 bytes, and its directory is a second door), a week
     * of logs, and little memory: a job queue, not a warehouse.
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

    /** One door: TCP from this machine, with a password. No local line, no superuser (who has no password), no replication. */
    private static final String CLIENTS = """
            # Written by Imageferry at every start; changes are lost.
            host all all 127.0.0.1/32 scram-sha-256
            """;

    /** PostgreSQL's data directory; complete once it exists. */
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
     * Makes the data directory with an ordinary role that owns its database. Done under another name and renamed when complete, so
     * a crash in between leaves nothing that a later start could take for a database. The name is a new one each time: an initdb
     * that outlived its daemon may still be writing, or removing, the last one. The superuser gets no password and thus
     * cannot log in; role and database are made by the stand-alone backend, which listens nowhere.
     *
     * @param password of the role; letters and digits only
     */
    void initialise(String password) throws IOException, DatabaseStartException {
        Path beside = Files.createTempDirectory(home, UNFINISHED);
        String output = run(
                List.of(
                        program("initdb"),
                        "--pgdata=" + beside,
                        "--username=postgres",
                        "--auth=reject",
                        "--encoding=UTF8",
                        // the server's own locale: the same order of strings whatever C library is below it
                        "--locale-provider=builtin",
                        "--builtin-locale=C.UTF-8",
                        "--locale=C",
                        "--no-instructions"),
                beside,
                "");
        if (!Files.isRegularFile(beside.resolve("PG_VERSION"))) {
            throw failure("initdb did not make a data directory", output);
        }
        // one statement a line: that is how the stand-alone backend reads
        String made = run(List.of(program("postgres"), "--single", "postgres"), beside, """
                CREATE ROLE %1$s LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD '%2$s'
                CREATE DATABASE %1$s OWNER %1$s
                REVOKE ALL ON DATABASE postgres FROM PUBLIC
                SELECT 'made ' || d.datname AS outcome FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba WHERE r.rolname = '%1$s'
                """.formatted(ROLE, password));
        if (!made.contains("made " + DATABASE)) {
            // the output may repeat a statement with the password in it
            throw failure("the database could not be made in " + beside, "");
        }
        Files.move(beside, data(), StandardCopyOption.ATOMIC_MOVE);
        PrivateFiles.force(home);
    }

    /** Deletes what earlier tries to make a data directory left, and ends the programs that still work on it. */
    void deleteUnfinished() throws IOException, DatabaseStartException {
        try (DirectoryStream<Path> all = Files.newDirectoryStream(home, UNFINISHED + "*")) {
            for (Path each : all) {
                stop(new ServerProcesses(each));
                try {
                    PrivateFiles.deleteTree(each);
                } catch (DirectoryNotEmptyException e) {
                    // an initdb that outlived its daemon is at work in it; the next start deletes it
                    LOG.debugf("Left for the next start: %s", e);
                }
            }
        }
    }

    /**
     * Starts the server and returns when it takes connections, crash recovery included.
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
        // pg_ctl makes the server a session of its own: Ctrl-C at the terminal must not stop it while Quarkus still
        // drains
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
                    "PostgreSQL did not start in " + data(),
                    Files.readString(output) + newestLog().orElse(""));
        }
    }

    /** Stops the server after a checkpoint; the open connections are cut. Nothing happens when none runs. */
    void stop() throws IOException, DatabaseStartException {
        stop(processes());
    }

    /**
     * Makes the directory free of what a killed daemon or postmaster left: a server that still runs is stopped properly, processes
     * that outlived theirs are ended, a pid file that nobody stands behind is removed.
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
            // no postmaster, or one that hangs. Its children hold the shared memory that the next start would trip over
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
                        "PostgreSQL's processes %s in %s do not end: end them, then start again"
                                .formatted(processes.all(), processes.data()));
            }
        }
        // it would stop the next start when some other process has got the number in it
        Files.deleteIfExists(processes.pidFile());
        return postmaster.isPresent();
    }

    private void signal(String name, long pid) throws IOException, DatabaseStartException {
        // Java can send SIGTERM and SIGKILL only; pg_ctl knows PostgreSQL's others. A process that has just ended is no
        // failure.
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
            // the end of a process that is not our child has no event
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
            // a broken pipe: the program ended before it read everything, and its output says why
            process.destroy();
        }
        int status = await(process, TOOL_WAIT);
        String text = Files.readString(output);
        // the stand-alone backend repeats a statement that failed, and one of them holds the password
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
            // PostgreSQL refuses to run as root; in a user namespace of its own root is nobody
            whole.addAll(List.of("unshare", "-U"));
        }
        whole.addAll(command);
        ProcessBuilder builder = new ProcessBuilder(whole);
        // no PG… of the operator's, and no token of ours, in the environment of a server
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

    /** One line of what PostgreSQL had to say: the last line that names an error, else the last line. */
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
