package dev.imageferry.whole;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.imageferry.database.DebianPostgres;
import dev.imageferry.simulator.Effect;
import dev.imageferry.simulator.Fault;
import dev.imageferry.simulator.SimulatedLinode;
import dev.imageferry.simulator.SimulatorOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two daemons share a PostgreSQL with a standby. The primary is killed and the standby promoted while they upload. */
@Tag("exhaustive")
class FailoverIT {
    private static final int FILES = 60;
    private static final Duration LIMIT = Duration.ofMinutes(8);
    private static final int BYTES = 300_000;

    @TempDir
    Path directory;

    private Path root;
    private DebianPostgres first;
    private DebianPostgres second;
    private SimulatedLinode linode;
    private final List<DaemonProcess> daemons = new ArrayList<>();
    private final Map<String, String> hashes = new TreeMap<>();

    @BeforeEach
    void start() throws Exception {
        root = directory.toRealPath();
        first = DebianPostgres.start(root.resolve("first"));
        second = first.standby(root.resolve("second"));
        linode = SimulatedLinode.start(SimulatorOptions.forTests());
        linode.script(Fault.onPut(new Effect.ReadSlowly(BYTES / 2)).always());
    }

    @AfterEach
    void stop() throws Exception {
        daemons.forEach(DaemonProcess::close);
        linode.close();
        second.stop();
        first.stop();
    }

    @Test
    void two_failovers_lose_no_acknowledged_commit_if_replication_is_synchronous() throws Exception {
        // given
        first.commitSynchronously();
        second.commitSynchronously();
        startDaemons("127.0.0.1:" + first.port() + ",127.0.0.1:" + second.port(), "&targetServerType=primary");
        drop(FILES);

        // when
        awaitArchived(FILES / 6);
        first.killProcesses();
        second.promote();
        first.rewindTo(second);
        awaitArchived(FILES / 2);
        assertThat(first.value("SELECT pg_is_in_recovery()")).isEqualTo("t");
        second.killProcesses();
        first.promote();
        second.rebuildFrom(first);
        awaitArchived(FILES);

        // then
        assertThat(first.value("SELECT sync_state FROM pg_stat_replication")).isEqualTo("sync");
        assertOneImageEachWithoutUsedAttempts();
        assertThat(daemons)
                .allSatisfy(daemon -> assertThat(daemon.log()).contains("gate closed gate=database", "gate opened"));
    }

    /** The standby lacks the commits of several jobs, which then begin again with rows that are older than their images. */
    @Test
    void jobs_find_their_images_after_a_failover_that_lost_the_last_commits() throws Exception {
        // given
        startDaemons("127.0.0.1:" + first.port() + ",127.0.0.1:" + second.port(), "&targetServerType=primary");
        drop(FILES / 3);
        awaitArchived(FILES / 15);

        // when
        second.stopReplication();
        daemons.getFirst().await("the end of the replication", LIMIT, () -> replicas(first) == 0);
        int kept = archived();
        awaitArchived(kept + FILES / 10);
        first.killProcesses();
        second.promote();

        // then
        DaemonProcess daemon = daemons.getFirst().awaitReady();
        List<JsonNode> jobs = daemon.awaitArchived(hashes.size(), LIMIT);
        new Oracle(linode, folder()).checkImages(hashes);
        assertThat(jobs)
                .hasSize(hashes.size())
                .allSatisfy(job -> assertThat(job.get("state").asText() + " "
                                + job.at("/error/code").asText(""))
                        .isIn("AVAILABLE ", "CANCELLED file-removed"));
        assertThat(jobs.stream().filter(job -> job.get("state").asText().equals("CANCELLED")))
                .as("jobs whose image and end were lost; others were further and are AVAILABLE")
                .isNotEmpty();
        for (Map.Entry<String, String> file : hashes.entrySet()) {
            assertThat(DiskImages.sha256(folder().resolve("done").resolve(file.getKey())))
                    .isEqualTo(file.getValue());
        }
    }

    /** The pooler is led to the new primary, as the manager of a failover does. */
    @Test
    void a_failover_behind_a_pooler_in_transaction_mode_uses_up_no_attempt() throws Exception {
        // given
        first.commitSynchronously();
        Path poolerDirectory = root.resolve("pooler");
        int port = DebianPostgres.freePort();
        Process pooler = first.pooler(poolerDirectory, port);
        try {
            startDaemons("127.0.0.1:" + port, "&prepareThreshold=0");
            drop(FILES / 3);
            awaitArchived(FILES / 10);

            // when
            first.killProcesses();
            second.promote();
            second.take(pooler, poolerDirectory, port);

            // then
            awaitArchived(FILES / 3);
            assertOneImageEachWithoutUsedAttempts();
        } finally {
            daemons.forEach(DaemonProcess::close);
            pooler.destroy();
            assertThat(pooler.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
        }
    }

    private static int replicas(DebianPostgres server) {
        try {
            return Integer.parseInt(server.value("SELECT count(*) FROM pg_stat_replication"));
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    private void startDaemons(String hosts, String parameters) throws IOException {
        for (String name : List.of("a", "b")) {
            daemons.add(DaemonProcess.in(Files.createDirectory(root.resolve("home-" + name)), linode)
                    .set("imageferry.instance", name)
                    .set("imageferry.drop.directory", folder().toString())
                    .set("imageferry.upload.concurrency", "2")
                    .set(
                            "quarkus.datasource.jdbc.url",
                            "jdbc:postgresql://" + hosts + "/" + DebianPostgres.DATABASE + "?sslmode=disable"
                                    + parameters)
                    .set("quarkus.datasource.username", DebianPostgres.ROLE));
        }
        daemons.forEach(DaemonProcess::launch);
        daemons.forEach(DaemonProcess::awaitReady);
    }

    private Path folder() {
        return root.resolve("drop");
    }

    private void drop(int count) throws IOException {
        Path made = Files.createDirectory(root.resolve("made"));
        for (int i = 0; i < count; i++) {
            String file = "small-%03d.img.gz".formatted(i);
            hashes.put(file, DiskImages.sha256(DiskImages.ext4(made.resolve(file), BYTES, i)));
        }
        for (String file : hashes.keySet()) {
            Files.move(made.resolve(file), folder().resolve(file));
        }
    }

    /** Counts the files, because the daemons cannot answer during a failover. */
    private void awaitArchived(int count) {
        daemons.getFirst().await(count + " files in done/", LIMIT, () -> archived() >= count);
    }

    /** Lists only done/, because files leave the drop folder meanwhile. */
    private int archived() {
        String[] images = folder().resolve("done").toFile().list((done, name) -> name.endsWith(".img.gz"));
        return images == null ? 0 : images.length;
    }

    private void assertOneImageEachWithoutUsedAttempts() throws IOException {
        Oracle oracle = new Oracle(linode, folder());
        DaemonProcess daemon = daemons.getFirst().awaitReady();
        List<JsonNode> jobs = daemon.awaitArchived(hashes.size(), LIMIT);
        assertThat(jobs.stream().map(job -> job.get("file").asText()))
                .containsExactlyInAnyOrderElementsOf(hashes.keySet());
        oracle.checkImages(hashes);
        oracle.checkFiles(hashes);
        for (JsonNode job : jobs) {
            oracle.checkReceipt(job);
            Oracle.checkHistory(daemon.json("/api/v1/jobs/" + job.get("id").asText() + "/history"), 0);
        }
    }
}
