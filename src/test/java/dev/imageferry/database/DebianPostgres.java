package dev.imageferry.database;

import dev.imageferry.RealTools;
import io.zonky.test.db.postgres.util.LinuxUtils;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.flywaydb.core.Flyway;

/** A PostgreSQL server of the Debian packages, with replication and a pooler. It requires no password. */
public final class DebianPostgres {
    public static final String ROLE = "imageferry";
    public static final String DATABASE = "imageferry";

    private final Path data;
    private final int port;
    private final List<String> settings;

    private DebianPostgres(Path data, int port, List<String> settings) {
        this.data = data;
        this.port = port;
        this.settings = settings;
    }

    /** A primary with the role and its database. It does not sync to the disk. */
    public static DebianPostgres start(Path data) throws IOException, InterruptedException {
        return start(data, List.of("fsync=off"));
    }

    /** A primary with the role and its database, and settings such as {@code work_mem=8MB}. */
    public static DebianPostgres start(Path data, List<String> settings) throws IOException, InterruptedException {
        RealTools.require("initdb", "pg_ctl", "pg_basebackup", "pg_rewind", "psql");
        run(
                "initdb",
                "-D",
                data.toString(),
                "-U",
                "postgres",
                "-A",
                "trust",
                "--no-sync",
                "--data-checksums",
                "-E",
                "UTF8",
                "--locale=C");
        // pg_rewind reads the WAL that the recovery of a killed server would recycle
        Files.writeString(data.resolve("postgresql.conf"), "wal_keep_size = 256MB\n", StandardOpenOption.APPEND);
        DebianPostgres server = new DebianPostgres(data, freePort(), settings);
        server.start();
        server.sql("CREATE ROLE " + ROLE + " LOGIN");
        server.sql("CREATE DATABASE " + DATABASE + " OWNER " + ROLE);
        return server;
    }

    /** A standby that follows this server. */
    public DebianPostgres standby(Path standbyData) throws IOException, InterruptedException {
        baseBackup(standbyData);
        DebianPostgres standby = new DebianPostgres(standbyData, freePort(), settings);
        standby.start();
        return standby;
    }

    private void baseBackup(Path target) throws IOException, InterruptedException {
        run(
                "pg_basebackup",
                "-D",
                target.toString(),
                "-h",
                "127.0.0.1",
                "-p",
                Integer.toString(port),
                "-U",
                "postgres",
                "-R",
                "-c",
                "fast");
    }

    private void start() throws IOException, InterruptedException {
        run(
                "pg_ctl",
                "start",
                "-w",
                "-D",
                data.toString(),
                "-l",
                data.resolve("server.log").toString(),
                "-o",
                "-p " + port + " -c listen_addresses=127.0.0.1 -c unix_socket_directories=''"
                        + settings.stream().map(setting -> " -c " + setting).collect(Collectors.joining()));
    }

    /** Kills the server and its child processes with SIGKILL. */
    public void killProcesses() throws IOException {
        ProcessHandle postmaster = postmaster();
        List<ProcessHandle> all =
                Stream.concat(Stream.of(postmaster), postmaster.descendants()).toList();
        all.forEach(ProcessHandle::destroyForcibly);
        all.forEach(process -> process.onExit().join());
    }

    /**
     * Makes a killed primary a standby of another server. {@code pg_rewind} first undoes the commits that the other server never
     * received.
     */
    public void rewindTo(DebianPostgres primary) throws IOException, InterruptedException {
        // before the first checkpoint after its promotion, the other server still claims to be on the old timeline
        primary.sql("CHECKPOINT");
        run(
                "pg_rewind",
                "--target-pgdata=" + data,
                "--source-server=host=127.0.0.1 port=" + primary.port + " user=postgres dbname=postgres",
                "--write-recovery-conf",
                "--no-sync");
        start();
    }

    /** Makes a killed primary a standby of another server with a new base backup, on the same port. */
    public void rebuildFrom(DebianPostgres primary) throws IOException, InterruptedException {
        PrivateFiles.deleteTree(data);
        primary.baseBackup(data);
        start();
    }

    /** Commits on this server wait for a standby, as soon as it is a primary. */
    public void commitSynchronously() throws IOException, InterruptedException {
        sql("ALTER SYSTEM SET synchronous_standby_names = '*'");
        sql("SELECT pg_reload_conf()");
    }

    /** This standby receives nothing more from its primary. */
    public void stopReplication() throws IOException, InterruptedException {
        sql("ALTER SYSTEM SET primary_conninfo = ''");
        sql("SELECT pg_reload_conf()");
    }

    /** The single value that a query returns to a superuser. */
    public String value(String query) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url("postgres"), "postgres", "");
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(query)) {
            row.next();
            return row.getString(1);
        }
    }

    public int port() {
        return port;
    }

    /** The address of a database of this server for JDBC. */
    public String url(String database) {
        return "jdbc:postgresql://127.0.0.1:" + port + "/" + database;
    }

    /** The process whose descendants are the other processes of the server. */
    public ProcessHandle postmaster() throws IOException {
        List<String> lines = Files.readAllLines(data.resolve("postmaster.pid"));
        return ProcessHandle.of(Long.parseLong(lines.getFirst().strip())).orElseThrow();
    }

    public void promote() throws IOException, InterruptedException {
        run("pg_ctl", "promote", "-w", "-D", data.toString());
    }

    /** Like a crash: sessions get no message. */
    public void kill() throws IOException, InterruptedException {
        run("pg_ctl", "stop", "-m", "immediate", "-D", data.toString());
    }

    public void sql(String statement) throws IOException, InterruptedException {
        run(
                "psql",
                "-h",
                "127.0.0.1",
                "-p",
                Integer.toString(port),
                "-U",
                "postgres",
                "-v",
                "ON_ERROR_STOP=1",
                "-c",
                statement,
                "postgres");
    }

    /** Leads a running pooler to this server, as the manager of a failover does. */
    public void take(Process pooler, Path directory, int poolerPort) throws IOException, InterruptedException {
        configurePooler(directory, poolerPort);
        run("kill", "-HUP", Long.toString(pooler.pid()));
    }

    private Path configurePooler(Path directory, int poolerPort) throws IOException {
        return Files.writeString(directory.resolve("pgbouncer.ini"), """
                [databases]
                imageferry = user=imageferry host=127.0.0.1 port=%d
                [pgbouncer]
                listen_addr = 127.0.0.1
                listen_port = %d
                unix_socket_dir =
                auth_type = any
                pool_mode = transaction
                default_pool_size = 3
                """.formatted(port, poolerPort));
    }

    /** PgBouncer in transaction mode in front of this server. */
    public Process pooler(Path directory, int poolerPort) throws IOException, InterruptedException {
        RealTools.require("pgbouncer");
        Files.createDirectories(directory);
        Path configuration = configurePooler(directory, poolerPort);
        Process pooler = new ProcessBuilder(command("pgbouncer", configuration.toString()))
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("log").toFile())
                .start();
        while (!Files.readString(directory.resolve("log")).contains("listening on")) {
            if (pooler.waitFor(20, TimeUnit.MILLISECONDS)) {
                throw new IOException(Files.readString(directory.resolve("log")));
            }
        }
        return pooler;
    }

    /** The migration of Imageferry, for tests of other packages. */
    public static SchemaMigration migration(String url, TablesSchema schema) {
        return new SchemaMigration(
                Flyway.configure().locations("classpath:db/migration").load(),
                new DirectConnections(url, Optional.of(ROLE), Optional.empty(), schema),
                schema);
    }

    public static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    public void stop() throws IOException, InterruptedException {
        Path pid = data.resolve("postmaster.pid");
        // a killed server leaves its file
        if (Files.exists(pid)
                && ProcessHandle.of(Long.parseLong(
                                Files.readAllLines(pid).getFirst().strip()))
                        .isPresent()) {
            kill();
        }
    }

    /** PostgreSQL and PgBouncer refuse to run as root, but accept root in a new user namespace. */
    private static List<String> command(String... command) {
        List<String> whole = new ArrayList<>(LinuxUtils.isUnshareAvailable() ? List.of("unshare", "-U") : List.of());
        whole.add(RealTools.find(command[0]).toString());
        whole.addAll(List.of(command).subList(1, command.length));
        return whole;
    }

    private static void run(String... command) throws IOException, InterruptedException {
        Path output = Files.createTempFile("imageferry", ".log");
        try {
            ProcessBuilder builder = new ProcessBuilder(command(command));
            builder.environment().put("LC_ALL", "C");
            Process process = builder.redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            if (!process.waitFor(1, TimeUnit.MINUTES) || process.exitValue() != 0) {
                process.destroyForcibly();
                throw new IOException(String.join(" ", command) + ": " + Files.readString(output));
            }
        } finally {
            Files.delete(output);
        }
    }
}
