package dev.imageferry.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.configuration.FluentConfiguration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Copies queues between schemas of one server. */
class QueueBackupTest {
    private static final String LATEST = "7";
    private static final int SCHEMAS = 20;

    @TempDir
    static Path root;

    private static EmbeddedDatabase server;
    private static int made;

    private Path file;
    private String from;
    private String to;

    @BeforeAll
    static void start() throws Exception {
        server = EmbeddedDatabase.start(new DatabaseDirectories(root).next());
        for (int i = 1; i <= SCHEMAS; i++) {
            execute("public", "CREATE SCHEMA from_" + i);
            execute("public", "CREATE SCHEMA to_" + i);
        }
        // without pg_trgm, which can be in one schema only
        execute("public", "REVOKE CREATE ON DATABASE imageferry FROM imageferry");
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @BeforeEach
    void chooseSchemas() {
        made++;
        file = root.resolve("backup-" + made);
        from = "from_" + made;
        to = "to_" + made;
    }

    @Test
    void contains_every_table_but_the_running_daemons() throws Exception {
        fill(from, LATEST);

        backup(from).backUp(file);

        assertThat(BackupManifest.TABLES)
                .containsExactlyInAnyOrderElementsOf(values(
                        from,
                        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = '" + from
                                + "'::regnamespace AND relname NOT IN ('instance', 'flyway_schema_history')"));
        assertThat(Files.getPosixFilePermissions(file)).isEqualTo(PosixFilePermissions.fromString("rw-------"));
        assertThat(file.resolveSibling(file.getFileName() + ".unfinished")).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "2", "3", "4", "5", "6", LATEST})
    void restores_every_row_of_each_schema_version_and_then_migrates_it(String version) throws Exception {
        fill(from, version);

        backup(from).backUp(file);
        backup(to).restore(file, connection -> {});

        assertThat(values(to, "SELECT file FROM job WHERE instance IS NOT NULL AND lease_until > now()"))
                .as("leases of daemons that do not run")
                .isEmpty();
        assertThat(rows(to)).isEqualTo(rows(from));
        migrations(from, LATEST).migrate();
        migrations(to, LATEST).migrate();
        assertThat(rows(to)).isEqualTo(rows(from));
        assertThat(values(to, "SELECT count(DISTINCT state) FROM job")).containsExactly("10");
        execute(
                to,
                "INSERT INTO job_history (job_id, at, to_state, attempt, detail) SELECT id, now(), state, 1, '' FROM job");
        assertThat(values(to, "SELECT min(id) FROM job_history WHERE attempt = 1"))
                .containsExactly("11");
    }

    /** A job and its history are written together. A restored line of history without its job would be refused. */
    @Test
    void contains_one_snapshot_while_daemons_write() throws Exception {
        fill(from, LATEST);
        AtomicBoolean stop = new AtomicBoolean();
        CountDownLatch written = new CountDownLatch(50);
        Thread writer = Thread.ofPlatform().start(() -> {
            try (Connection connection = connect(from);
                    Statement statement = connection.createStatement()) {
                while (!stop.get()) {
                    statement.execute("""
                            WITH new AS (INSERT INTO job (id, folder_id, file, inode, bytes, modified_nanos, state, state_since, priority,
                                label, description, tags, cloud_init, replicate_to, next_run_at, created_at, updated_at, file_since)
                                SELECT id, id, id::text, 1, 1, 1, 'QUEUED', now(), 0, '', '', '{}', false, '{}', now(), now(), now(), now()
                                FROM (SELECT gen_random_uuid() AS id) AS made RETURNING id)
                            INSERT INTO job_history (job_id, at, to_state, attempt, detail) SELECT id, now(), 'QUEUED', 0, '' FROM new
                            """);
                    written.countDown();
                }
            } catch (SQLException e) {
                throw new AssertionError(e);
            }
        });
        try {
            assertThat(written.await(60, TimeUnit.SECONDS)).isTrue();
            backup(from).backUp(file);
        } finally {
            stop.set(true);
            writer.join();
        }

        BackupManifest restored = backup(to).restore(file, connection -> {});

        assertThat(restored.rows("job")).isGreaterThan(60).isEqualTo(restored.rows("job_history"));
    }

    @Test
    void refuses_a_database_with_jobs_and_leaves_it_unchanged() throws Exception {
        fill(from, LATEST);
        fill(to, LATEST);
        execute(to, "DELETE FROM instance");
        execute(to, "DELETE FROM job WHERE state <> 'QUEUED'");
        Map<String, List<String>> before = rows(to);
        backup(from).backUp(file);

        assertThatThrownBy(() -> backup(to).restore(file, connection -> {}))
                .isInstanceOf(BackupException.class)
                .hasMessageContaining("not empty (1 jobs)");

        assertThat(rows(to)).isEqualTo(before);
    }

    @Test
    void refuses_a_database_that_a_daemon_uses() throws Exception {
        fill(from, LATEST);
        backup(from).backUp(file);
        migrations(to, LATEST).migrate();
        execute(to, "INSERT INTO instance VALUES ('busy', gen_random_uuid(), now(), now())");

        assertThatThrownBy(() -> backup(to).restore(file, connection -> {}))
                .isInstanceOf(BackupException.class)
                .hasMessageContaining("busy")
                .hasMessageContaining("stop all daemons");

        execute(to, "UPDATE instance SET seen_at = now() - interval '3 minutes'");
        backup(to).restore(file, connection -> {});
        assertThat(rows(to).get("job")).hasSize(10);
    }

    @Test
    void refuses_a_backup_of_a_newer_version_and_tables_of_another_version() throws Exception {
        fill(from, LATEST);
        execute(from, "UPDATE flyway_schema_history SET version = '999' WHERE version = '" + LATEST + "'");
        backup(from).backUp(file);

        assertThatThrownBy(() -> backup(to).restore(file, connection -> {}))
                .isInstanceOf(BackupException.class)
                .hasMessageContaining("schema version 999");
        assertThat(values(to, "SELECT relname FROM pg_class WHERE relnamespace = '" + to + "'::regnamespace"))
                .isEmpty();

        migrations(to, "3").migrate();
        assertThatThrownBy(() -> backup(to).restore(file, connection -> {}))
                .isInstanceOf(BackupException.class)
                .hasMessageContaining("have the version 3");
    }

    @ParameterizedTest
    @CsvSource({"truncated", "changed", "text"})
    void refuses_a_damaged_file(String damage) throws Exception {
        fill(from, LATEST);
        backup(from).backUp(file);
        byte[] bytes = Files.readAllBytes(file);
        switch (damage) {
            case "truncated" -> bytes = Arrays.copyOf(bytes, bytes.length - 100);
            case "changed" -> bytes[200] ^= 1; // in the rows of the first table
            default -> bytes = "not a backup".getBytes(StandardCharsets.UTF_8);
        }
        Files.write(file, bytes);

        assertThatThrownBy(() -> backup(to).restore(file, connection -> {}))
                .isInstanceOf(BackupException.class)
                .hasMessageContaining("is damaged or not a backup of Imageferry");
        assertThat(values(to, "SELECT relname FROM pg_class WHERE relnamespace = '" + to + "'::regnamespace"))
                .isEmpty();
    }

    @Test
    void replaces_no_file() throws Exception {
        fill(from, LATEST);
        Files.writeString(file, "precious");

        assertThatThrownBy(() -> backup(from).backUp(file))
                .isInstanceOf(BackupException.class)
                .hasMessageContaining("exists");

        assertThat(file).hasContent("precious");
    }

    @Test
    void refuses_names_that_are_not_ours() {
        assertThatThrownBy(() -> new BackupManifest.TableContent("job; DROP TABLE job", 0))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new BackupManifest.SequenceState("job_history", "id'", 1, true))
                .isInstanceOf(IllegalArgumentException.class);
    }

    /** Adds a job in each state, held and not held, with a history. */
    private static void fill(String schema, String version) throws SQLException {
        migrations(schema, version).migrate();
        boolean identity = Integer.parseInt(version) >= 4;
        execute(schema, """
            INSERT INTO job (id, folder_id, file, inode, bytes, modified_nanos, state, state_since, priority, label, description,
                region, tags, cloud_init, replicate_to, next_run_at, created_at, updated_at, outcome_at, archived_at, instance,
                lease_epoch, lease_until, upload_url, contents, image_regions, sha256%1$s)
            SELECT md5(state)::uuid, '7c9e6679-7425-40de-944b-e07fc1f90ae7', E'fünf\\tback\\\\slash\\n-' || state, n, 1000, 1, state, now(),
                n, 'label', E'a\\nb', CASE WHEN n %% 2 = 0 THEN 'us-ord' END, ARRAY ['a b', 'c"d', ''], n %% 2 = 0, '{}', now(), now(),
                now(), CASE WHEN n > 6 THEN now() END, CASE WHEN n > 8 THEN now() END, CASE WHEN n %% 3 = 0 THEN 'there' END, n,
                CASE WHEN n %% 3 = 0 THEN now() + interval '1 hour' END, CASE WHEN n = 4 THEN 'https://bucket/secret' END,
                '{"partitionTable":"none","partitions":[],"warnings":["\\\\"]}', '[]', 'abc'%2$s
            FROM unnest(ARRAY ['QUEUED', 'CHECKING', 'READY', 'UPLOADING', 'PROCESSING', 'REPLICATING', 'AVAILABLE', 'REJECTED',
                'FAILED', 'CANCELLED']) WITH ORDINALITY AS states (state, n);
            INSERT INTO job_history (job_id, at, from_state, to_state, attempt, detail)
            SELECT id, now(), NULL, state, 0, 'made' FROM job ORDER BY priority;
            UPDATE total SET value = 7 WHERE name = 'delivered_bytes';
            UPDATE control SET paused = true;
            INSERT INTO instance VALUES ('here', '7c9e6679-7425-40de-944b-e07fc1f90ae7', now(), now());
            INSERT INTO known_folder VALUES ('host', '/srv/drop', '7c9e6679-7425-40de-944b-e07fc1f90ae7');
            """.formatted(
                        identity ? ", changed_nanos, file_since, sidecar_changed_nanos" : "",
                        identity ? ", n + 5, now(), 9" : ""));
        if (Integer.parseInt(version) >= 5) {
            execute(
                    schema,
                    "INSERT INTO notification (job_id, outcome, body) SELECT id, state, '{\"a\":\"b\\\\n\"}' FROM job WHERE state = 'FAILED'");
        }
    }

    /** All rows of all tables as text, sorted. Leases are compared apart. */
    private static Map<String, List<String>> rows(String schema) throws SQLException {
        Map<String, List<String>> all = new TreeMap<>();
        for (String table : BackupManifest.TABLES) {
            if (!values(schema, "SELECT to_regclass('" + table + "')").contains(null)) {
                all.put(
                        table,
                        values(
                                schema,
                                "SELECT (to_jsonb(" + table + ") - 'lease_until')::text FROM " + table
                                        + " ORDER BY 1"));
            }
        }
        return all;
    }

    private static List<String> values(String schema, String query) throws SQLException {
        List<String> values = new ArrayList<>();
        try (Connection connection = connect(schema);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            while (rows.next()) {
                values.add(rows.getString(1));
            }
        }
        return values;
    }

    private static void execute(String schema, String sql) throws SQLException {
        try (Connection connection = connect(schema);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static Connection connect(String schema) throws SQLException {
        return connections(schema).open(SessionSettings.forMigration(), "test");
    }

    private static DirectConnections connections(String schema) {
        return new DirectConnections(
                server.jdbcUrl() + "&currentSchema=" + schema,
                Optional.of(server.username()),
                Optional.of(server.password()),
                new TablesSchema());
    }

    private static QueueBackup backup(String schema) {
        return new QueueBackup(connections(schema), configuration());
    }

    private static FluentConfiguration configuration() {
        return Flyway.configure().locations("classpath:db/migration");
    }

    private static Flyway migrations(String schema, String version) {
        return configuration()
                .dataSource(connections(schema).dataSource(SessionSettings.forMigration(), "test"))
                .defaultSchema(schema)
                .target(version)
                .load();
    }
}
