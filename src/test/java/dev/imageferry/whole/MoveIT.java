package dev.imageferry.whole;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.imageferry.database.DebianPostgres;
import dev.imageferry.database.EmbeddedDatabase;
import dev.imageferry.simulator.Effect;
import dev.imageferry.simulator.Fault;
import dev.imageferry.simulator.Operation;
import dev.imageferry.simulator.SimulatedLinode;
import dev.imageferry.simulator.SimulatorOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Moves a queue with jobs in every state from the embedded to an external, older PostgreSQL. */
@Tag("exhaustive")
class MoveIT {
    private static final Duration LIMIT = Duration.ofMinutes(4);
    private static final int SMALL = 200_000;
    private static final int LARGE = 8 << 20;
    private static final int SLOWLY = 400_000;

    @TempDir
    Path directory;

    private Path home;
    private SimulatedLinode linode;
    private DebianPostgres external;
    private DaemonProcess daemon;

    /** SHA-256 of the files that become images. */
    private final Map<String, String> hashes = new TreeMap<>();

    @BeforeEach
    void start() throws Exception {
        external = DebianPostgres.start(directory.toRealPath().resolve("external"));
        linode = SimulatedLinode.start(SimulatorOptions.forTests().withReplicationTime(Duration.ofMinutes(1)));
        home = Files.createDirectory(directory.resolve("home"));
        daemon = DaemonProcess.in(home, linode)
                .set("imageferry.upload.concurrency", "1")
                .set("imageferry.shutdown.grace", "1s");
        daemon.start();
    }

    @AfterEach
    void stop() throws Exception {
        daemon.close();
        linode.close();
        external.stop();
    }

    @Test
    void jobs_in_every_state_end_with_one_image_on_the_external_database() throws Exception {
        // given
        Map<String, String> states = reachEveryState();
        Map<String, List<String>> histories = histories();

        // when
        useExternal();
        assertThat(daemon.command(0, "database", "move")).contains("Moved " + states.size() + " jobs");
        linode.clearFaults();
        daemon.start();
        assertThat(daemon.json("/api/v1/summary").get("paused").asBoolean()).isTrue();
        daemon.post("/api/v1/queue/resume");
        daemon.awaitArchived(states.size(), LIMIT);

        // then
        Oracle oracle = new Oracle(linode, daemon.dropFolder());
        oracle.checkImages(hashes);
        Map<String, String> ends = new TreeMap<>();
        for (JsonNode job : daemon.jobs()) {
            String file = job.get("file").asText();
            ends.put(file, job.get("state").asText());
            JobStory story = JobStory.of(daemon, job);
            assertThat(lines(story))
                    .as("history of %s", file)
                    .startsWith(
                            histories.getOrDefault(file, List.of("no history")).toArray(String[]::new));
            if (hashes.containsKey(file)) {
                oracle.checkReceipt(job);
                if (!file.equals("copied.img.gz")) {
                    Oracle.checkHistory(
                            daemon.json("/api/v1/jobs/" + job.get("id").asText() + "/history"), 0);
                }
                assertThat(DiskImages.sha256(daemon.dropFolder().resolve("done").resolve(file)))
                        .isEqualTo(hashes.get(file));
            }
        }
        Map<String, String> expected = new TreeMap<>();
        states.forEach((file, state) -> expected.put(file, hashes.containsKey(file) ? "AVAILABLE" : state));
        assertThat(ends).isEqualTo(expected);
        assertThat(daemon.json("/api/v1/summary").at("/totals/ended/AVAILABLE").intValue())
                .isEqualTo(hashes.size());

        // when
        daemon.terminate();
        DaemonProcess old = DaemonProcess.in(home, linode).launch();

        // then
        assertThat(old.awaitEnd()).isEqualTo(1);
        assertThat(old.log()).contains("was moved to 127.0.0.1:" + external.port() + "/" + DebianPostgres.DATABASE);
    }

    private void useExternal() {
        daemon.set("quarkus.datasource.jdbc.url", external.url(DebianPostgres.DATABASE))
                .set("quarkus.datasource.username", DebianPostgres.ROLE);
    }

    /** Returns the state of each file after the daemon has stopped. */
    private Map<String, String> reachEveryState() throws Exception {
        Files.writeString(daemon.dropFolder().resolve("rejected.img.gz"), "this is not gzip");
        awaitState("rejected", "REJECTED");
        linode.script(Fault.processingFails("broken").forLabel("failed"));
        drop("failed", SMALL, false);
        awaitState("failed", "FAILED");
        daemon.post("/api/v1/queue/pause");
        drop("cancelled", SMALL, false);
        awaitState("cancelled", "READY");
        String id = daemon.job("cancelled.img.gz").get("id").asText();
        daemon.post("/api/v1/jobs/" + id + "/cancel");
        awaitState("cancelled", "CANCELLED");
        daemon.post("/api/v1/queue/resume");
        drop("arrived", SMALL, true);
        awaitState("arrived", "AVAILABLE");
        Files.writeString(daemon.dropFolder().resolve("copied.img.gz.yaml"), "replicateTo: [us-iad]\n");
        drop("copied", SMALL, true);
        awaitState("copied", "REPLICATING");
        linode.script(Fault.on(Operation.GET_IMAGE, new Effect.WithField("status", "creating"))
                .forLabel("processing")
                .always());
        drop("processing", SMALL, true);
        awaitState("processing", "PROCESSING");
        linode.script(Fault.onPut(new Effect.ReadSlowly(SLOWLY)).always());
        drop("sending", LARGE, true);
        daemon.await(
                "the middle of the PUT",
                LIMIT,
                () -> linode.requests(Operation.PUT_OBJECT).stream()
                        .anyMatch(put -> "sending".equals(put.labelOrNull()) && put.bodyBytes() > SLOWLY));
        daemon.post("/api/v1/queue/pause");
        for (String name : List.of("ready", "checking", "queued")) {
            drop(name, SMALL, true);
            awaitState(name, "READY");
        }
        daemon.await(
                "the archive",
                LIMIT,
                () -> daemon.jobs().stream()
                        .filter(job -> !job.get("finishedAt").isNull())
                        .allMatch(job -> job.get("archived").asBoolean()));
        assertThat(daemon.terminate()).isEqualTo(143);
        return setBack();
    }

    /** Takes two jobs back to states that a killed daemon leaves behind, because they pass too quickly. */
    private Map<String, String> setBack() throws Exception {
        Map<String, String> states = new TreeMap<>();
        try (EmbeddedDatabase database = EmbeddedDatabase.start(home.resolve("data/postgres"));
                Connection connection =
                        DriverManager.getConnection(database.jdbcUrl(), database.username(), database.password());
                Statement statement = connection.createStatement()) {
            statement.execute(
                    "DELETE FROM job_history USING job WHERE job.id = job_id AND (file = 'queued.img.gz' AND to_state <> 'QUEUED'"
                            + " OR file = 'checking.img.gz' AND to_state NOT IN ('QUEUED', 'CHECKING'))");
            statement.execute(
                    "UPDATE job SET state = 'QUEUED', attempt = 0, sha256 = NULL WHERE file = 'queued.img.gz'");
            statement.execute("UPDATE job SET state = 'CHECKING', attempt = 1, sha256 = NULL, instance = 'gone',"
                    + " lease_until = now() + interval '1 hour' WHERE file = 'checking.img.gz'");
            try (var rows = statement.executeQuery("SELECT file, state FROM job")) {
                while (rows.next()) {
                    states.put(rows.getString(1), rows.getString(2));
                }
            }
        }
        assertThat(states.values())
                .containsExactlyInAnyOrder(
                        "QUEUED",
                        "CHECKING",
                        "READY",
                        "UPLOADING",
                        "PROCESSING",
                        "REPLICATING",
                        "AVAILABLE",
                        "REJECTED",
                        "FAILED",
                        "CANCELLED");
        return states;
    }

    private Map<String, List<String>> histories() throws Exception {
        Map<String, List<String>> all = new TreeMap<>();
        try (EmbeddedDatabase database = EmbeddedDatabase.start(home.resolve("data/postgres"));
                Connection connection =
                        DriverManager.getConnection(database.jdbcUrl(), database.username(), database.password());
                Statement statement = connection.createStatement();
                var rows = statement.executeQuery(
                        "SELECT file, to_state || ' ' || detail FROM job_history JOIN job ON job.id = job_id ORDER BY job_history.id")) {
            while (rows.next()) {
                all.computeIfAbsent(rows.getString(1), file -> new ArrayList<>())
                        .add(rows.getString(2));
            }
        }
        return all;
    }

    private static List<String> lines(JobStory story) {
        return story.history().stream()
                .map(line -> line.to() + " " + line.detail())
                .toList();
    }

    private void awaitState(String name, String state) {
        daemon.await(
                name + " to be " + state,
                LIMIT,
                () -> daemon.jobs().stream()
                        .anyMatch(job -> job.get("file").asText().equals(name + ".img.gz")
                                && job.get("state").asText().equals(state)));
    }

    private void drop(String name, int bytes, boolean becomesAnImage) throws IOException {
        Path made = DiskImages.ext4(directory.resolve(name + ".img.gz"), bytes, name.hashCode());
        if (becomesAnImage) {
            hashes.put(name + ".img.gz", DiskImages.sha256(made));
        }
        Files.move(made, daemon.dropFolder().resolve(name + ".img.gz"));
    }
}
