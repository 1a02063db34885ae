package dev.imageferry.whole;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.imageferry.database.EmbeddedDatabase;
import dev.imageferry.simulator.Effect;
import dev.imageferry.simulator.Fault;
import dev.imageferry.simulator.SimulatedLinode;
import dev.imageferry.simulator.SimulatorOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Daemons of this version beside a newer one: the schema is migrated further while they run, and jobs appear that only the newer
 * version can read.
 */
@Tag("exhaustive")
class RollingUpdateIT {
    private static final Duration LIMIT = Duration.ofMinutes(4);
    private static final int BYTES = 300_000;
    private static final int FILES = 8;

    private static final String NEWER_SCHEMA = """
            ALTER TABLE job ADD COLUMN signature jsonb;
            ALTER TABLE job ADD COLUMN lineage text NOT NULL DEFAULT '';
            ALTER TABLE job DROP CONSTRAINT job_state_check;
            ALTER TABLE job ADD CONSTRAINT job_state_check CHECK (state IN ('QUEUED', 'SIGNING', 'CONVERTING', 'CHECKING', 'READY', 'UPLOADING',
                'PROCESSING', 'REPLICATING', 'AVAILABLE', 'REJECTED', 'FAILED', 'CANCELLED'));
            CREATE INDEX job_lineage ON job (lineage);
            CREATE TABLE signing (job_id uuid PRIMARY KEY REFERENCES job ON DELETE CASCADE);
            INSERT INTO total (name, value) VALUES ('signed_bytes', 0);
            """;

    /** One in an unknown state, and one in a known state with an unknown error. */
    private static final String NEWER_JOBS = """
            INSERT INTO job (id, folder_id, file, inode, bytes, modified_nanos, changed_nanos, file_since, state, state_since, priority,
                label, description, tags, cloud_init, replicate_to, next_run_at, created_at, updated_at, error_code, error_message)
            SELECT gen_random_uuid(), folder_id, newer.file, 1, 1, 1, 1, now(), newer.state, now(), 0, 'x', '', '{}', false, '{}', now(),
                now(), now(), newer.code, newer.code
            FROM (SELECT folder_id FROM job LIMIT 1) AS one, (VALUES ('disk.qcow2', 'SIGNING', NULL),
                ('other.qcow2', 'SIGNING', 'signing-failed')) AS newer (file, state, code)
            """;

    @TempDir
    Path directory;

    private final Map<String, String> hashes = new TreeMap<>();

    @Test
    void running_daemons_continue_on_a_newer_schema_and_do_not_start_on_it() throws Exception {
        // given
        Path folder = directory.resolve("drop");
        try (EmbeddedDatabase database = EmbeddedDatabase.start(directory.resolve("server"));
                SimulatedLinode linode = SimulatedLinode.start(SimulatorOptions.forTests());
                DaemonProcess running = daemon("running", folder, database, linode);
                DaemonProcess other = daemon("other", folder, database, linode)) {
            linode.script(Fault.onPut(new Effect.ReadSlowly(BYTES / 2)).always());
            running.start();
            other.start();
            drop(folder, 0, FILES / 2);
            running.awaitArchived(1, LIMIT);

            // when
            Path migration = Files.createDirectory(directory.resolve("migration"));
            Files.writeString(migration.resolve("V900__newer.sql"), NEWER_SCHEMA);
            Flyway.configure()
                    .dataSource(database.jdbcUrl(), database.username(), database.password())
                    .locations("classpath:db/migration", "filesystem:" + migration.toRealPath())
                    .load()
                    .migrate();
            execute(database, NEWER_JOBS);
            drop(folder, FILES / 2, FILES);

            // then
            for (DaemonProcess daemon : List.of(running, other)) {
                // 503 while the sessions are replaced, whose prepared statements the migration has made invalid
                daemon.await(
                        FILES + " archived jobs",
                        LIMIT,
                        () -> daemon.isReady()
                                && daemon.get("/api/v1/jobs?order=oldest&limit=500")
                                                .statusCode()
                                        == 200
                                && daemon.jobs().stream()
                                                .filter(job ->
                                                        job.get("archived").asBoolean())
                                                .count()
                                        == FILES);
                assertThat(daemon.isReady()).isTrue();
                assertThat(daemon.get("/").statusCode()).isEqualTo(200);
            }
            Oracle oracle = new Oracle(linode, folder);
            oracle.checkImages(hashes);
            oracle.checkFiles(hashes);
            for (JsonNode job : other.jobs()) {
                oracle.checkReceipt(job);
                Oracle.checkHistory(other.json("/api/v1/jobs/" + job.get("id").asText() + "/history"), 0);
            }
            assertThat(untouched(database)).isEqualTo("2");

            // when
            other.terminate();
            other.launch();

            // then
            assertThat(other.awaitEnd()).isEqualTo(1);
            assertThat(other.log()).contains("applied migration not resolved locally: 900");
        }
    }

    private DaemonProcess daemon(String name, Path folder, EmbeddedDatabase database, SimulatedLinode linode)
            throws IOException {
        return DaemonProcess.in(Files.createDirectory(directory.resolve("home-" + name)), linode)
                .set("imageferry.instance", name)
                .set("imageferry.drop.directory", folder.toString())
                .set("quarkus.datasource.jdbc.url", database.jdbcUrl())
                .set("quarkus.datasource.username", database.username())
                .set("quarkus.datasource.password", database.password());
    }

    private void drop(Path folder, int from, int to) throws IOException {
        for (int i = from; i < to; i++) {
            String file = "small-%03d.img.gz".formatted(i);
            Path made = DiskImages.ext4(directory.resolve(file), BYTES, i);
            hashes.put(file, DiskImages.sha256(made));
            Files.move(made, folder.resolve(file));
        }
    }

    private static String untouched(EmbeddedDatabase database) throws SQLException {
        try (Connection connection =
                        DriverManager.getConnection(database.jdbcUrl(), database.username(), database.password());
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT count(*) FROM job WHERE state = 'SIGNING' AND lease_epoch = 0 AND outcome_at IS NULL")) {
            row.next();
            return row.getString(1);
        }
    }

    private static void execute(EmbeddedDatabase database, String sql) throws SQLException {
        try (Connection connection =
                        DriverManager.getConnection(database.jdbcUrl(), database.username(), database.password());
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
