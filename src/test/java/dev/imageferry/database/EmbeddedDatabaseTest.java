package dev.imageferry.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The real server, also killed in several ways. */
class EmbeddedDatabaseTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    @TempDir
    static Path root;

    private static DatabaseDirectories directories;

    /** For tests that only read. */
    private static EmbeddedDatabase shared;

    private final List<AutoCloseable> open = new ArrayList<>();
    private Path home;

    @BeforeAll
    static void unpack() throws Exception {
        directories = new DatabaseDirectories(root);
        shared = EmbeddedDatabase.start(directories.next());
    }

    @AfterAll
    static void closeShared() {
        shared.close();
    }

    @BeforeEach
    void createDirectory() throws IOException {
        home = directories.next();
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : open.reversed()) {
            each.close();
        }
        assertThat(serverProcesses()).as("processes left over").isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "fsync, on",
        "synchronous_commit, on",
        "full_page_writes, on",
        "listen_addresses, 127.0.0.1",
        "server_encoding, UTF8",
        "log_timezone, UTC",
        "data_checksums, on",
        "max_connections, 60"
    })
    void is_durable_and_listens_only_on_loopback(String setting, String value) throws Exception {
        try (Connection connection = connect(shared)) {
            assertThat(one(connection, "SHOW " + setting)).isEqualTo(value);
        }
    }

    @Test
    void has_no_unix_socket() throws Exception {
        start();
        // documented in PostgreSQL's pidfile.h: line 5 the socket's directory, line 6 the first address
        List<String> pidFile = Files.readAllLines(home.resolve("data/postmaster.pid"));
        assertThat(pidFile.get(4)).isEmpty();
        assertThat(pidFile.get(5)).isEqualTo("127.0.0.1");
    }

    @Test
    void refuses_a_connection_without_the_password() throws Exception {
        assertThatThrownBy(() -> DriverManager.getConnection(shared.jdbcUrl(), shared.username(), null))
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("password");
        assertThatThrownBy(() -> DriverManager.getConnection(shared.jdbcUrl(), shared.username(), "guess"))
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("28P01"));
    }

    @Test
    void refuses_the_superuser() throws Exception {
        assertThatThrownBy(() -> DriverManager.getConnection(shared.jdbcUrl(), "postgres", shared.password()))
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("28P01"));
    }

    @Test
    void the_role_of_the_daemon_owns_its_database_and_cannot_run_programs() throws Exception {
        try (Connection connection = connect(shared)) {
            assertThat(one(connection, "SELECT rolsuper::text FROM pg_roles WHERE rolname = current_user"))
                    .isEqualTo("false");
            assertThat(one(
                            connection,
                            "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()"))
                    .isEqualTo(one(connection, "SELECT current_user"));
            assertThatThrownBy(() -> one(connection, "COPY (SELECT 1) TO PROGRAM 'cat'"))
                    .isInstanceOfSatisfying(
                            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("42501"));
        }
    }

    @Test
    void is_readable_only_by_its_owner() throws Exception {
        EmbeddedDatabase database = start();
        for (String directory : List.of("data", "work", "log")) {
            assertThat(permissions(directory)).as(directory).isEqualTo("rwx------");
        }
        for (String file : List.of("password", "lock", "data/pg_hba.conf", "data/postgresql.conf")) {
            assertThat(permissions(file)).as(file).isEqualTo("rw-------");
        }
        assertThat(database.toString()).doesNotContain(database.password());
        assertThat(Files.readString(home.resolve("password"))).isEqualTo(database.password());
    }

    @Test
    void creates_a_private_directory_and_parents_with_the_umask() throws Exception {
        home = directories.next().resolve("a/b");

        EmbeddedDatabase database = start();

        assertThat(permissions("")).isEqualTo("rwx------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(home.resolveSibling("."))))
                .isNotEqualTo("rwx------");
        assertThat(database.jdbcUrl()).contains("127.0.0.1");
    }

    @Test
    void keeps_data_and_password_across_a_restart() throws Exception {
        String password;
        try (EmbeddedDatabase database = EmbeddedDatabase.start(home)) {
            write(database, "kept");
            password = database.password();
        }
        assertThat(serverProcesses()).isEmpty();
        assertThat(serverLog()).contains("database system is shut down");

        EmbeddedDatabase again = start();

        assertThat(again.password()).isEqualTo(password);
        assertThat(read(again)).isEqualTo("kept");
    }

    @Test
    void restarts_on_its_port_when_the_postmaster_is_killed() throws Exception {
        EmbeddedDatabase database = start();
        write(database, "committed");
        long killed = postmaster();

        ProcessHandle.of(killed).orElseThrow().destroyForcibly();

        await(() -> postmaster() != killed && canRead(database));
        assertThat(read(database)).isEqualTo("committed");
    }

    @Test
    void takes_over_from_a_killed_daemon() throws Exception {
        Process daemon = hold();
        String url = firstLine(daemon);
        assertThat(url).startsWith("jdbc:postgresql:");
        long leftOver = postmaster();
        daemon.destroyForcibly().waitFor();
        assertThat(serverProcesses()).as("the server outlives it").contains(leftOver);

        EmbeddedDatabase database = start();

        assertThat(postmaster()).isNotEqualTo(leftOver);
        assertThat(serverProcesses()).doesNotContain(leftOver);
        assertThat(serverLog()).as("stopped properly").contains("database system is shut down");
        write(database, "works");
    }

    @Test
    void refuses_a_second_daemon_and_does_not_affect_the_first() throws Exception {
        Process first = hold();
        assertThat(firstLine(first)).startsWith("jdbc:postgresql:");
        long serving = postmaster();

        assertThatThrownBy(() -> EmbeddedDatabase.start(home))
                .isInstanceOf(DatabaseStartException.class)
                .hasMessageContaining("pid=" + first.pid() + " ")
                .hasMessageContaining(home.toString())
                .hasMessageNotContaining("\n");

        assertThat(postmaster()).isEqualTo(serving);
        assertThat(Files.readString(home.resolve("lock"))).contains("pid=" + first.pid() + " ");
    }

    @Test
    void refuses_a_second_start_in_the_same_process_and_keeps_the_lock() throws Exception {
        EmbeddedDatabase first = start();

        assertThatThrownBy(() -> EmbeddedDatabase.start(home)).isInstanceOf(DatabaseStartException.class);

        assertThat(firstLine(hold()))
                .as("another process")
                .startsWith("refused: ")
                .contains("pid=" + ProcessHandle.current().pid());
        write(first, "still there");
    }

    @Test
    void ignores_a_pid_file_that_names_an_unrelated_process() throws Exception {
        EmbeddedDatabase.start(home).close();
        // as after a power failure: another process has the pid
        Process unrelated = new ProcessBuilder("sleep", "600").start();
        open.add(unrelated::destroyForcibly);
        Files.writeString(
                home.resolve("data/postmaster.pid"),
                unrelated.pid() + "\n" + home.resolve("data") + "\n1700000000\n15432\n\n127.0.0.1\n\n\n");

        write(start(), "works");

        assertThat(unrelated.isAlive()).isTrue();
    }

    @Test
    void starts_over_after_a_crash_during_initialisation() throws Exception {
        Process daemon = hold();
        await(() -> {
            try (Stream<Path> files = Files.list(home)) {
                return files.anyMatch(file -> file.getFileName().toString().startsWith("unfinished-")
                        && Files.exists(file.resolve("PG_VERSION")));
            }
        });
        daemon.destroyForcibly().waitFor();
        assertThat(home.resolve("data")).doesNotExist();

        write(start(), "works");
    }

    @Test
    void reports_what_to_do_when_the_password_file_is_missing() throws Exception {
        EmbeddedDatabase.start(home).close();
        Files.delete(home.resolve("password"));

        assertThatThrownBy(() -> EmbeddedDatabase.start(home))
                .isInstanceOf(DatabaseStartException.class)
                .hasMessageContaining("password")
                .hasMessageNotContaining("\n");
    }

    @Test
    void reports_a_wrong_password_and_stops_the_server() throws Exception {
        EmbeddedDatabase.start(home).close();
        Files.writeString(home.resolve("password"), "another");

        assertThatThrownBy(() -> EmbeddedDatabase.start(home))
                .isInstanceOf(DatabaseStartException.class)
                .hasMessageContaining(home.resolve("password").toString())
                .hasMessageNotContaining("another")
                .hasMessageNotContaining("\n");
    }

    @Test
    void reports_why_the_server_does_not_start() throws Exception {
        EmbeddedDatabase.start(home).close();
        Files.writeString(home.resolve("data/global/pg_control"), "broken");

        assertThatThrownBy(() -> EmbeddedDatabase.start(home))
                .isInstanceOf(DatabaseStartException.class)
                .hasMessageContaining("pg_control")
                .hasMessageNotContaining("\n");
    }

    @Test
    void does_not_touch_the_data_of_another_major_version() throws Exception {
        EmbeddedDatabase.start(home).close();
        Files.writeString(home.resolve("data/PG_VERSION"), "17\n");

        assertThatThrownBy(() -> EmbeddedDatabase.start(home)).hasMessageContaining("created by PostgreSQL 17");
    }

    @Test
    void refuses_a_world_writable_directory() throws Exception {
        Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwxrwxrwx"));

        assertThatThrownBy(() -> EmbeddedDatabase.start(home)).hasMessageContaining("writable for all users");
    }

    @Test
    void refuses_a_path_with_characters_that_are_special_to_a_shell() throws Exception {
        home = directories.next().resolve("$(reboot)");

        assertThatThrownBy(() -> EmbeddedDatabase.start(home)).hasMessageContaining("imageferry.database.directory");
    }

    @Test
    void works_in_a_path_with_spaces_and_quotes() throws Exception {
        home = directories.next().resolve("it's a désk & more");

        write(start(), "works");
    }

    private EmbeddedDatabase start() throws DatabaseStartException {
        EmbeddedDatabase database = EmbeddedDatabase.start(home);
        open.add(database);
        return database;
    }

    private Process hold() throws IOException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Djava.util.logging.manager=org.jboss.logmanager.LogManager",
                        "-cp",
                        System.getProperty("java.class.path"),
                        HoldDatabase.class.getName(),
                        home.toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        open.add(() -> {
            process.getOutputStream().close();
            if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        });
        return process;
    }

    private static String firstLine(Process process) throws IOException {
        BufferedReader output = process.inputReader(StandardCharsets.UTF_8);
        for (String line = output.readLine(); line != null; line = output.readLine()) {
            if (line.startsWith("jdbc:") || line.startsWith("refused: ")) {
                return line;
            }
        }
        return "the process ended without a word";
    }

    private List<Long> serverProcesses() throws IOException {
        return new ServerProcesses(home.toAbsolutePath().resolve("data")).all();
    }

    private long postmaster() throws IOException {
        return new ServerProcesses(home.resolve("data")).postmaster().orElse(-1);
    }

    private String serverLog() throws IOException {
        StringBuilder log = new StringBuilder();
        try (Stream<Path> files = Files.list(home.resolve("log"))) {
            for (Path file : files.filter(path -> path.toString().contains("postgresql-"))
                    .toList()) {
                log.append(Files.readString(file));
            }
        }
        return log.toString();
    }

    private String permissions(String file) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(home.resolve(file)));
    }

    private static Connection connect(EmbeddedDatabase database) throws SQLException {
        return DriverManager.getConnection(database.jdbcUrl(), database.username(), database.password());
    }

    private static void write(EmbeddedDatabase database, String text) throws SQLException {
        try (Connection connection = connect(database);
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE note (text text)");
            statement.execute("INSERT INTO note VALUES ('" + text + "')");
        }
    }

    private static String read(EmbeddedDatabase database) throws SQLException {
        try (Connection connection = connect(database)) {
            return one(connection, "SELECT text FROM note");
        }
    }

    private static boolean canRead(EmbeddedDatabase database) {
        try {
            return !read(database).isEmpty();
        } catch (SQLException e) {
            return false;
        }
    }

    private static String one(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            assertThat(result.next()).isTrue();
            return result.getString(1);
        }
    }

    private interface Condition {
        boolean holds() throws Exception;
    }

    private static void await(Condition condition) throws Exception {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (!condition.holds()) {
            assertThat(System.nanoTime()).as("still not so after " + LIMIT).isLessThan(deadline);
            TimeUnit.MILLISECONDS.sleep(5);
        }
    }
}
