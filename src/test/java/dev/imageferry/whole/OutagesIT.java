package dev.imageferry.whole;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.database.EmbeddedDatabase;
import dev.imageferry.simulator.Effect;
import dev.imageferry.simulator.Fault;
import dev.imageferry.simulator.Operation;
import dev.imageferry.simulator.RecordedRequest;
import dev.imageferry.simulator.SimulatedImage;
import dev.imageferry.simulator.SimulatedLinode;
import dev.imageferry.simulator.SimulatorOptions;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * Interrupts each service that the daemon depends on while uploads run. Work must resume automatically, without losing files or
 * using up attempts. Each outage lasts some seconds, or a minute with {@code -Pchaos}.
 */
@Tag("exhaustive")
@Tag("scaled")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OutagesIT {
    private static final Duration OUTAGE = Duration.ofSeconds(Integer.getInteger("chaos.outage-seconds", 4));
    private static final Duration LIMIT = OUTAGE.plusMinutes(2);

    /**
     * The time from the end of an outage until work resumes: one pause between two attempts, at most half a minute, plus a reserve
     * for a busy machine.
     */
    private static final Duration SOON = Duration.ofSeconds(10 + Math.min(30, 2 * OUTAGE.toSeconds()));

    private static final int UPLOADS = 4;

    /** More than all buffers, so that both ends are in the middle of the PUT at the same time. */
    private static final int PAYLOAD_BYTES = 8 << 20;

    private static final int SLOWLY = 700_000;
    private static final int MIDDLE_BYTES = 300_000;

    @TempDir
    static Path directory;

    private SimulatedLinode linode;
    private CuttableLine toLinode;
    private DaemonProcess daemon;
    private Path tokenFile;
    private String token;

    @BeforeAll
    void start() throws IOException {
        linode = SimulatedLinode.start(SimulatorOptions.forTests());
        toLinode = CuttableLine.to(linode.uri().getPort());
        token = linode.token();
        tokenFile = Files.writeString(directory.resolve("token"), token);
        Path home = Files.createDirectory(directory.resolve("home"));
        daemon = DaemonProcess.in(home, linode)
                .set("imageferry.linode.url", "http://127.0.0.1:" + toLinode.port())
                .set("imageferry.linode.token-file", tokenFile.toString())
                .start();
    }

    @AfterEach
    void healthy() throws IOException {
        linode.clearFaults();
        toLinode.restore();
    }

    @AfterAll
    void close() throws IOException {
        daemon.close();
        toLinode.close();
        linode.close();
    }

    @Test
    void resumes_after_linode_was_unreachable() throws Exception {
        // given
        Load load = new Load(daemon, "linode").drop().awaitMiddle();

        // when
        toLinode.cut();
        awaitGate("api");
        assertThat(daemon.isReady()).isFalse();
        load.dropOneMore();
        awaitLasted("api");
        int before = linode.requests().size();
        toLinode.restore();

        // then
        awaitWorkGoesOn();
        assertThat(linode.requests().size()).isGreaterThan(before);
        linode.clearFaults();
        load.assertAllArrivedWithoutUsedAttempts();
        assertThat(load.puts(load.first()))
                .as("one interrupted PUT and one repetition")
                .extracting(RecordedRequest::stored)
                .containsExactly(false, true);
    }

    @Test
    void resumes_after_linode_closed_every_connection() throws Exception {
        // given
        Load load = new Load(daemon, "closed").drop().awaitMiddle();

        // when
        linode.clearFaults();
        for (Operation operation : Operation.values()) {
            linode.script(Fault.on(operation, new Effect.CutBeforeHandling()).always());
        }
        load.dropOneMore();
        awaitGate("api");
        assertThat(daemon.isReady()).isFalse();
        awaitLasted("api");
        linode.clearFaults();

        // then
        awaitWorkGoesOn();
        load.assertAllArrivedWithoutUsedAttempts();
    }

    @Test
    void resumes_after_the_token_was_revoked() throws Exception {
        // given
        Load load = new Load(daemon, "revoked").drop().awaitMiddle();

        // when
        linode.revokeToken(token);
        load.dropOneMore();
        awaitGate("token");
        assertThat(daemon.isReady()).isFalse();
        awaitLasted("token");
        linode.acceptToken(token);

        // then
        awaitWorkGoesOn();
        linode.clearFaults();
        load.assertAllArrivedWithoutUsedAttempts();
        assertThat(load.puts(load.first()))
                .as("running PUTs continue, because they use no token")
                .hasSize(1);
    }

    @Test
    void tries_a_changed_token_file_at_once() throws Exception {
        // given
        Load load = new Load(daemon, "rotated").drop().awaitMiddle();
        linode.revokeToken(token);
        load.dropOneMore();
        awaitGate("token");
        // the gate is tested after 1, 3 and 7 seconds, and next after 15
        daemon.await("longer pauses", LIMIT, () -> blockedFor("token").compareTo(Duration.ofSeconds(8)) > 0);

        // when
        token = "rotated-token";
        linode.acceptToken(token);
        Files.move(Files.writeString(directory.resolve("token-new"), token), tokenFile, StandardCopyOption.ATOMIC_MOVE);

        // then
        daemon.await(
                "a request with the new token",
                Duration.ofSeconds(5),
                () -> daemon.blocked().isEmpty());
        awaitWorkGoesOn();
        linode.clearFaults();
        load.assertAllArrivedWithoutUsedAttempts();
    }

    @Test
    void resumes_after_an_empty_folder_replaced_the_drop_folder() throws Exception {
        // given
        Load load = new Load(daemon, "folder").drop().awaitMiddle();
        Path folder = daemon.dropFolder();
        Path away = folder.resolveSibling("away");

        // when
        Files.move(folder, away);
        Files.createDirectory(folder);
        try {
            awaitGate("folder");
            assertThat(daemon.isReady()).isFalse();
            daemon.await(
                    "a PUT to reach its final bytes",
                    LIMIT,
                    () -> load.jobs().stream().anyMatch(job -> !job.errorCode().isEmpty()));
            assertThat(load.jobs())
                    .as("no file counts as removed")
                    .allMatch(job -> job.state().equals("UPLOADING"))
                    .anyMatch(job -> job.errorCode().equals("folder-unavailable"));
            awaitLasted("folder");
        } finally {
            Files.delete(folder); // fails if the daemon has created a file there
            Files.move(away, folder);
        }

        // then
        awaitWorkGoesOn();
        linode.clearFaults();
        load.assertAllArrivedWithoutUsedAttempts();
    }

    @Test
    void resumes_after_the_embedded_postgresql_was_killed() throws Exception {
        // given
        Load load = new Load(daemon, "embedded").drop().awaitMiddle();
        Path data = directory.resolve("home/data/postgres/data");
        long postmaster = Long.parseLong(
                Files.readAllLines(data.resolve("postmaster.pid")).getFirst().strip());

        // when
        Files.move(
                data.resolve("PG_VERSION"),
                data.resolve("PG_VERSION-away")); // prevents the restart until the test restores it
        ProcessHandle.of(postmaster).orElseThrow().destroyForcibly();
        daemon.await("the daemon to be not ready", LIMIT, () -> !daemon.isReady());
        Instant since = Instant.now();
        load.dropOneMore();
        daemon.await("the end of the outage", LIMIT, () -> since.plus(OUTAGE).isBefore(Instant.now()));
        assertThat(daemon.log()).contains("Embedded PostgreSQL did not start again, will retry");
        Files.move(data.resolve("PG_VERSION-away"), data.resolve("PG_VERSION"));

        // then
        awaitWorkGoesOn();
        assertThat(daemon.log())
                .contains(
                        "Embedded PostgreSQL is running again",
                        "gate closed gate=database",
                        "gate opened gate=database");
        linode.clearFaults();
        load.assertAllArrivedWithoutUsedAttempts();
    }

    @Test
    void resumes_after_an_external_postgresql_was_down_longer_than_a_lease() throws Exception {
        // given
        Path home = Files.createDirectory(directory.resolve("external"));
        EmbeddedDatabase database = EmbeddedDatabase.start(directory.resolve("server"));
        try (CuttableLine line = CuttableLine.to(URI.create(database.jdbcUrl().substring("jdbc:".length()))
                        .getPort());
                DaemonProcess other = DaemonProcess.in(home, linode)
                        .environment("LINODE_TOKEN", token)
                        .set("imageferry.instance", "other")
                        .set(
                                "quarkus.datasource.jdbc.url",
                                database.jdbcUrl().replaceFirst(":\\d+/", ":" + line.port() + "/"))
                        .set("quarkus.datasource.username", database.username())
                        .set("quarkus.datasource.password", database.password())
                        .start()) {
            // more than the buffers of a connection take, so that the end of no file is released before the outage
            Load load = new Load(other, "external", 4 * PAYLOAD_BYTES).drop().awaitMiddle();

            // when
            line.cut();
            database.close();
            Instant since = Instant.now();
            other.await("the daemon to be not ready", LIMIT, () -> !other.isReady());
            // the readiness check can notice the outage before the next statement of the daemon
            other.await(
                    "the closed gate",
                    LIMIT,
                    () -> other.get("/q/metrics").body().contains("imageferry_blocked{gate=\"database\"} 1.0"));
            assertThat(other.get("/api/v1/summary").statusCode()).isEqualTo(503);
            load.dropOneMore();
            other.await("the PUTs to stop without a lease", LIMIT, () -> linode.putsInProgress() == 0);
            assertThat(load.puts(load.first()))
                    .as("no file arrives without a lease")
                    .extracting(RecordedRequest::stored)
                    .containsExactly(false);
            other.await("the end of the outage", LIMIT, () -> since.plus(OUTAGE).isBefore(Instant.now()));
            database = EmbeddedDatabase.start(directory.resolve("server"));
            line.leadTo(
                    URI.create(database.jdbcUrl().substring("jdbc:".length())).getPort());
            line.restore();

            // then
            other.await("work to resume", SOON, other::isReady);
            linode.clearFaults();
            load.assertAllArrivedWithoutUsedAttempts();
        } finally {
            database.close();
        }
    }

    private void awaitGate(String gate) {
        daemon.await("gate " + gate + " to close", LIMIT, () -> daemon.blocked().contains(gate));
    }

    private void awaitLasted(String gate) {
        daemon.await("the end of the outage", LIMIT, () -> blockedFor(gate).compareTo(OUTAGE) > 0);
    }

    private Duration blockedFor(String gate) {
        for (var blocked : daemon.json("/api/v1/summary").get("blocked")) {
            if (blocked.get("gate").asText().equals(gate)) {
                return Duration.between(Instant.parse(blocked.get("since").asText()), Instant.now());
            }
        }
        throw new AssertionError("gate " + gate + " is open");
    }

    private void awaitWorkGoesOn() {
        daemon.await(
                "work to resume",
                SOON,
                () -> daemon.isReady() && daemon.blocked().isEmpty());
    }

    /** Uploads that are slow until the faults of the simulator are cleared. */
    private final class Load {
        private final DaemonProcess ferry;
        private final String name;
        private final int payloadBytes;
        private final Map<String, String> hashes = new LinkedHashMap<>();

        Load(DaemonProcess ferry, String name) {
            this(ferry, name, PAYLOAD_BYTES);
        }

        Load(DaemonProcess ferry, String name, int payloadBytes) {
            this.ferry = ferry;
            this.name = name;
            this.payloadBytes = payloadBytes;
        }

        Load drop() throws IOException {
            linode.script(Fault.onPut(new Effect.ReadSlowly(SLOWLY)).always());
            for (int i = 0; i < UPLOADS; i++) {
                drop(name + "-" + i, payloadBytes);
            }
            return this;
        }

        void dropOneMore() throws IOException {
            drop(name + "-during-outage", 200_000);
        }

        private void drop(String label, int bytes) throws IOException {
            Path made = DiskImages.ext4(directory.resolve(label + ".img.gz"), bytes, label.hashCode());
            hashes.put(label, DiskImages.sha256(made));
            Files.move(made, ferry.dropFolder().resolve(label + ".img.gz"));
        }

        Load awaitMiddle() {
            ferry.await(
                    "the middle of every PUT",
                    LIMIT,
                    () -> hashes.keySet().stream()
                            .allMatch(label -> puts(label).stream().anyMatch(put -> put.bodyBytes() >= MIDDLE_BYTES)));
            return this;
        }

        String first() {
            return name + "-0";
        }

        List<RecordedRequest> puts(String label) {
            return linode.requests(Operation.PUT_OBJECT).stream()
                    .filter(put -> label.equals(put.labelOrNull()))
                    .toList();
        }

        List<JobStory> jobs() {
            List<JobStory> all = new ArrayList<>();
            hashes.keySet().forEach(label -> all.addAll(JobStory.of(ferry, label + ".img.gz")));
            return all;
        }

        void assertAllArrivedWithoutUsedAttempts() throws IOException {
            for (Map.Entry<String, String> one : hashes.entrySet()) {
                String file = one.getKey() + ".img.gz";
                JobStory story = JobStory.awaitArchived(ferry, file, 1, LIMIT).getFirst();
                story.assertStraightWayToAvailable();
                List<SimulatedImage> left = linode.images().stream()
                        .filter(image -> image.label().equals(one.getKey()))
                        .toList();
                assertThat(left).as("images of %s", file).hasSize(1);
                assertThat(left.getFirst().isAvailable()).isTrue();
                assertThat(left.getFirst().sha256OrNull()).isEqualTo(one.getValue());
                assertThat(left.getFirst().id()).isEqualTo(story.imageId());
                assertThat(DiskImages.sha256(ferry.dropFolder().resolve("done").resolve(file)))
                        .isEqualTo(one.getValue());
                assertThat(ferry.dropFolder().resolve(file)).doesNotExist();
            }
            assertThat(FolderTree.files(ferry.dropFolder().resolve("failed"))).isEmpty();
        }
    }
}
