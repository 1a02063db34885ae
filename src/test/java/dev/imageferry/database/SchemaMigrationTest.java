package dev.imageferry.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zonky.test.db.postgres.util.LinuxUtils;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class SchemaMigrationTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    @TempDir
    static Path root;

    private static DatabaseDirectories directories;

    private final LinkedBlockingQueue<String> reasons = new LinkedBlockingQueue<>();
    private final CountDownLatch refused = new CountDownLatch(1);
    private PostgresServer server;
    private int port;
    private Path migrations;

    @BeforeAll
    static void unpack() throws Exception {
        directories = new DatabaseDirectories(root);
    }

    @BeforeEach
    void makeServerThatIsDown() throws Exception {
        Path home = directories.next();
        PrivateFiles.createDirectory(home.resolve("log"));
        server = new PostgresServer(directories.binaries(), home);
        server.initialise("secret");
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        migrations = Files.createDirectories(home.resolve("migrations"));
    }

    @AfterEach
    void stop() throws Exception {
        server.stop();
    }

    @Test
    void waits_for_an_unavailable_database_and_then_migrates() throws Exception {
        Files.writeString(migrations.resolve("V1__note.sql"), "CREATE TABLE note (text text);");
        SchemaMigration migration = migration();
        Thread thread = Thread.ofPlatform().daemon().start(migration::migrateWhenReachable);
        assertThat(refused.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(migration.migrated()).isFalse();

        server.start(port);

        assertThat(thread.join(LIMIT)).isTrue();
        assertThat(migration.migrated()).isTrue();
    }

    @Test
    void returns_when_interrupted_while_waiting() throws Exception {
        SchemaMigration migration = migration();
        Thread thread = Thread.ofPlatform().daemon().start(migration::migrateWhenReachable);
        assertThat(refused.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();

        thread.interrupt();

        assertThat(thread.join(LIMIT)).isTrue();
        assertThat(migration.migrated()).isFalse();
    }

    @Test
    void returns_when_abandoned_without_an_interrupt() throws Exception {
        SchemaMigration migration = migration();
        Thread thread = Thread.ofPlatform().daemon().start(migration::migrateWhenReachable);
        assertThat(refused.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();

        migration.abandon();

        assertThat(thread.join(LIMIT)).isTrue();
        assertThat(migration.migrated()).isFalse();
    }

    @Test
    @Timeout(60)
    void does_not_repeat_a_failing_migration() throws Exception {
        Files.writeString(migrations.resolve("V1__wrong.sql"), "CREATE TABEL note (text text);");
        server.start(port);
        SchemaMigration migration = migration();

        assertThatThrownBy(migration::migrateWhenReachable)
                .isInstanceOf(FlywayException.class)
                .hasMessageContaining("V1__wrong.sql");

        assertThat(migration.migrated()).isFalse();
    }

    @Test
    void waits_for_a_database_with_the_encoding_utf8() throws Exception {
        Files.writeString(migrations.resolve("V1__note.sql"), "CREATE TABLE note (text text);");
        allowToCreateDatabases();
        server.start(port);
        sql(
                PostgresServer.DATABASE,
                "CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0 LOCALE_PROVIDER libc LC_COLLATE 'C' LC_CTYPE 'C'");
        SchemaMigration migration = migration("latin");
        Thread thread = Thread.ofPlatform().daemon().start(migration::migrateWhenReachable);

        assertThat(reasons.poll(LIMIT.toSeconds(), TimeUnit.SECONDS))
                .contains("\"latin\"", "LATIN1", "createdb -E UTF8 -T template0", "quarkus.datasource.jdbc.url");

        sql(PostgresServer.DATABASE, "ALTER DATABASE latin RENAME TO old");
        sql(PostgresServer.DATABASE, "CREATE DATABASE latin TEMPLATE template0");
        assertThat(thread.join(LIMIT)).isTrue();
        assertThat(migration.migrated()).isTrue();
    }

    @Test
    void reports_what_to_grant_when_the_role_cannot_create_tables() throws Exception {
        Files.writeString(migrations.resolve("V1__note.sql"), "CREATE TABLE note (text text);");
        server.start(port);
        sql(PostgresServer.DATABASE, "REVOKE CREATE ON SCHEMA public FROM pg_database_owner");
        SchemaMigration migration = migration();
        Thread thread = Thread.ofPlatform().daemon().start(migration::migrateWhenReachable);

        assertThat(reasons.poll(LIMIT.toSeconds(), TimeUnit.SECONDS))
                .contains("GRANT USAGE, CREATE ON SCHEMA \"public\" TO \"imageferry\"");

        sql(PostgresServer.DATABASE, "GRANT CREATE ON SCHEMA public TO pg_database_owner");
        assertThat(thread.join(LIMIT)).isTrue();
        assertThat(migration.migrated()).isTrue();
    }

    @Test
    void does_not_start_a_second_queue_when_the_search_path_has_changed() throws Exception {
        Files.writeString(migrations.resolve("V1__tables.sql"), """
                CREATE TABLE job (id int);
                CREATE TABLE job_history (id int);
                CREATE TABLE known_folder (id int);
                """);
        server.start(port);
        migration().migrateWhenReachable();
        sql(PostgresServer.DATABASE, "CREATE SCHEMA elsewhere");
        sql(PostgresServer.DATABASE, "ALTER ROLE imageferry SET search_path = elsewhere");
        SchemaMigration migration = migration();
        Thread thread = Thread.ofPlatform().daemon().start(migration::migrateWhenReachable);

        assertThat(reasons.poll(LIMIT.toSeconds(), TimeUnit.SECONDS))
                .contains("in the schema public", "leads to \"elsewhere\"", "currentSchema=public");

        thread.interrupt();
        assertThat(thread.join(LIMIT)).isTrue();
        TablesSchema chosen = new TablesSchema();
        migration(PostgresServer.DATABASE + "?currentSchema=public", chosen).migrateWhenReachable();
        assertThat(chosen.nameOrNull()).isEqualTo("public");
        TablesSchema second = new TablesSchema();
        migration(PostgresServer.DATABASE + "?currentSchema=elsewhere", second).migrateWhenReachable();
        assertThat(second.nameOrNull()).isEqualTo("elsewhere");
    }

    @Test
    void a_second_queue_uses_the_extension_of_the_first() throws Exception {
        Files.writeString(migrations.resolve("V1__tables.sql"), """
                CREATE TABLE job (file text);
                CREATE EXTENSION IF NOT EXISTS pg_trgm;
                CREATE INDEX job_file_trigrams ON job USING gin (file gin_trgm_ops);
                """);
        server.start(port);
        migration(PostgresServer.DATABASE + "?currentSchema=public").migrateWhenReachable();
        sql(PostgresServer.DATABASE, "CREATE SCHEMA elsewhere");

        migration(PostgresServer.DATABASE + "?currentSchema=elsewhere").migrateWhenReachable();

        sql(PostgresServer.DATABASE, "DROP INDEX public.job_file_trigrams, elsewhere.job_file_trigrams");
    }

    @Test
    @Timeout(60)
    void a_migration_can_exceed_the_statement_timeout_of_the_role() throws Exception {
        Files.writeString(migrations.resolve("V1__slow.sql"), "SELECT pg_sleep(0.2);");
        server.start(port);
        sql(PostgresServer.DATABASE, "ALTER ROLE imageferry SET statement_timeout = '50ms'");
        sql(PostgresServer.DATABASE, "ALTER ROLE imageferry SET default_transaction_read_only = on");
        SchemaMigration migration = migration();

        migration.migrateWhenReachable();

        assertThat(migration.migrated()).isTrue();
        assertThat(reasons).isEmpty();
    }

    @Test
    void session_limits_end_statements_lock_waits_and_idle_transactions() throws Exception {
        server.start(port);
        DirectConnections direct = direct(PostgresServer.DATABASE + "?socketTimeout=30", new TablesSchema());
        try (Connection holder = direct.open(SessionSettings.forMigration(), "holder");
                Connection limited = direct.open(
                        new SessionSettings(
                                Duration.ofMillis(400),
                                Duration.ofMillis(100),
                                Duration.ofMillis(300),
                                Duration.ofSeconds(20)),
                        "limited");
                Statement hold = holder.createStatement();
                Statement statement = limited.createStatement()) {
            holder.setAutoCommit(false);
            hold.execute("SELECT pg_advisory_xact_lock(7)");

            assertThat(stateOf(() -> statement.execute("SELECT pg_advisory_xact_lock(7)")))
                    .isEqualTo("55P03");
            assertThat(stateOf(() -> statement.execute("SELECT pg_sleep(60)"))).isEqualTo("57014");

            limited.setAutoCommit(false);
            statement.execute("SELECT 1");
            hold.execute("SELECT pg_sleep(1)");
            assertThat(stateOf(() -> statement.execute("SELECT 1"))).isIn("25P03", "08006");
        }
    }

    /** A server that accepts a connection and then freezes, as on a stalled disk. */
    @Test
    @Timeout(60)
    void a_frozen_server_causes_a_timeout() throws Exception {
        server.start(port);
        try (Connection limited = direct(PostgresServer.DATABASE + "?socketTimeout=30", new TablesSchema())
                        .open(SessionSettings.forLease(Duration.ofSeconds(3)), "limited");
                Statement statement = limited.createStatement()) {
            statement.execute("SET statement_timeout = 0");
            long begin = System.nanoTime();

            assertThat(stateOf(() -> statement.execute("SELECT pg_sleep(60)"))).isEqualTo("08006");
            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(20));
        }
    }

    private interface Work {
        void run() throws SQLException;
    }

    private static String stateOf(Work work) {
        try {
            work.run();
            return "no failure";
        } catch (SQLException e) {
            assertThat(Outage.of(e)).isPresent();
            return e.getSQLState();
        }
    }

    private void sql(String database, String statement) throws SQLException {
        try (Connection connection = direct(database, new TablesSchema()).open(SessionSettings.forMigration(), "test");
                Statement each = connection.createStatement()) {
            each.execute(statement);
        }
    }

    /** With the single-user backend, because no role that could grant it can log in. */
    private void allowToCreateDatabases() throws Exception {
        List<String> command = new ArrayList<>(LinuxUtils.isUnshareAvailable() ? List.of("unshare", "-U") : List.of());
        command.addAll(List.of(
                directories.binaries().program("postgres").toString(),
                "--single",
                "-D",
                server.data().toString(),
                "postgres"));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        try (OutputStream input = process.getOutputStream()) {
            input.write("ALTER ROLE imageferry CREATEDB\n".getBytes(StandardCharsets.UTF_8));
        }
        assertThat(process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    }

    private DirectConnections direct(String database, TablesSchema schema) {
        return new DirectConnections(
                "jdbc:postgresql://127.0.0.1:%d/%s".formatted(port, database),
                Optional.of(PostgresServer.ROLE),
                Optional.of("secret"),
                schema);
    }

    private SchemaMigration migration() throws IOException {
        return migration(PostgresServer.DATABASE);
    }

    private SchemaMigration migration(String database) throws IOException {
        return migration(database, new TablesSchema());
    }

    private SchemaMigration migration(String database, TablesSchema schema) throws IOException {
        SchemaMigration migration = new SchemaMigration(
                Flyway.configure()
                        .locations("filesystem:" + migrations.toRealPath())
                        .load(),
                direct(database, schema),
                schema);
        migration.whileWaiting(reason -> {
            reasons.add(reason);
            refused.countDown();
        });
        return migration;
    }
}
