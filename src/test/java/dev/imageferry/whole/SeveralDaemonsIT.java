package dev.imageferry.whole;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.imageferry.database.EmbeddedDatabase;
import dev.imageferry.simulator.Effect;
import dev.imageferry.simulator.Fault;
import dev.imageferry.simulator.Operation;
import dev.imageferry.simulator.RecordedRequest;
import dev.imageferry.simulator.SimulatedImage;
import dev.imageferry.simulator.SimulatedLinode;
import dev.imageferry.simulator.SimulatorOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Several daemons share an external PostgreSQL and upload 30 files, or 300 with {@code -Pchaos}. */
@Tag("exhaustive")
@Tag("scaled")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SeveralDaemonsIT {
    private static final int FILES = Integer.getInteger("chaos.files", 30);
    private static final Duration LIMIT =
            Duration.ofMinutes(8).multipliedBy(FILES).dividedBy(30);
    private static final int SMALL_BYTES = 300_000;
    private static final Duration KILL_EVERY = Duration.ofSeconds(6);

    /** The limit for all files. A kill after the final bytes were released delays its file by two minutes. */
    private static final int MOST_KILLS = Math.max(8, FILES / 4);

    /** Shorter than the lease of a minute, but long enough for a busy machine. */
    private static final Duration WITHOUT_WAITING_FOR_THE_LEASE = Duration.ofSeconds(20);

    @TempDir
    static Path directory;

    private EmbeddedDatabase database;

    @BeforeAll
    void startDatabase() throws Exception {
        database = EmbeddedDatabase.start(directory.resolve("server"));
    }

    @AfterAll
    void stopDatabase() {
        database.close();
    }

    @Test
    void three_daemons_create_one_image_per_file_while_being_killed_in_turn() throws Exception {
        // given
        Path folder = directory.resolve("shared");
        Map<String, String> hashes = images(folder.resolveSibling("made"), FILES);
        try (SimulatedLinode linode = SimulatedLinode.start(SimulatorOptions.forTests())) {
            linode.script(Fault.onPut(new Effect.ReadSlowly(SMALL_BYTES / 2)).always());
            List<DaemonProcess> daemons = List.of(
                    shortLeased("a", folder, linode),
                    shortLeased("b", folder, linode),
                    shortLeased("c", folder, linode));
            try {
                daemons.forEach(DaemonProcess::launch);
                daemons.forEach(DaemonProcess::awaitReady);
                int before = endedAvailable(daemons.getFirst());

                // when
                long began = System.nanoTime();
                for (String file : hashes.keySet()) {
                    Files.move(folder.resolveSibling("made").resolve(file), folder.resolve(file));
                }
                int kills = killInTurn(daemons);
                daemons.forEach(DaemonProcess::awaitReady);

                // then
                assertThat(kills).as("kills during the work").isGreaterThanOrEqualTo(3);
                assertOneImageEach(linode, hashes);
                assertEachInDoneOnce(folder, hashes);
                assertOneOutcomeEach(daemons.getFirst(), hashes);
                assertThat(endedAvailable(daemons.getFirst())).isEqualTo(before + FILES);
                assertThat(instances(daemons.getLast())).containsExactly("a", "b", "c");
                System.out.printf(
                        "three daemons: %d files, %d kills, %d images at Linode, %d PUTs accepted, %s%n",
                        FILES,
                        kills,
                        linode.images().size(),
                        linode.requests(Operation.PUT_OBJECT).stream()
                                .filter(RecordedRequest::stored)
                                .count(),
                        Duration.ofNanos(System.nanoTime() - began).truncatedTo(ChronoUnit.SECONDS));
                daemons.getFirst().kill();
                daemons.getLast()
                        .await(
                                "the dead instance to disappear from the summary",
                                LIMIT,
                                () -> instances(daemons.getLast()).equals(List.of("b", "c")));
            } finally {
                daemons.forEach(DaemonProcess::close);
            }
        }
    }

    /** Kills and restarts ready daemons in turn until all files are archived. */
    private int killInTurn(List<DaemonProcess> daemons) throws Exception {
        long end = System.nanoTime() + LIMIT.toNanos();
        int kills = 0;
        int next = 0;
        while (archived() < FILES) {
            assertThat(System.nanoTime())
                    .as("timed out; log:\n%s", daemons.getFirst().log())
                    .isLessThan(end);
            TimeUnit.NANOSECONDS.sleep(KILL_EVERY.toNanos());
            List<DaemonProcess> up =
                    daemons.stream().filter(DaemonProcess::isReady).toList();
            DaemonProcess victim = daemons.get(next % daemons.size());
            // at least one other daemon must be ready to take over
            if (kills < MOST_KILLS && up.size() > 1 && up.contains(victim)) {
                victim.kill();
                victim.launch();
                kills++;
                next++;
            }
        }
        return kills;
    }

    private long archived() throws SQLException {
        try (Connection connection =
                        DriverManager.getConnection(database.jdbcUrl(), database.username(), database.password());
                PreparedStatement count = connection.prepareStatement(
                        "SELECT count(*) FROM job WHERE file LIKE 'small-%' AND archived_at IS NOT NULL");
                ResultSet row = count.executeQuery()) {
            row.next();
            return row.getLong(1);
        }
    }

    private static void assertOneImageEach(SimulatedLinode linode, Map<String, String> hashes) {
        assertThat(linode.images()).hasSize(FILES).allMatch(SimulatedImage::isAvailable);
        TreeMap<String, String> found = new TreeMap<>();
        linode.images().forEach(image -> found.put(image.label() + ".img.gz", image.sha256OrNull()));
        assertThat(found).isEqualTo(hashes);
    }

    private static void assertEachInDoneOnce(Path folder, Map<String, String> hashes) throws IOException {
        TreeSet<String> expected = new TreeSet<>();
        for (String file : hashes.keySet()) {
            expected.add("done/" + file);
            expected.add("done/" + file + ".receipt.json");
            assertThat(DiskImages.sha256(folder.resolve("done").resolve(file))).isEqualTo(hashes.get(file));
        }
        expected.add(".imageferry-folder");
        assertThat(FolderTree.files(folder)).containsExactlyElementsOf(expected);
    }

    private static void assertOneOutcomeEach(DaemonProcess daemon, Map<String, String> hashes) {
        for (String file : hashes.keySet()) {
            List<JobStory> jobs = JobStory.of(daemon, file);
            assertThat(jobs).as("jobs of %s", file).hasSize(1);
            jobs.getFirst().assertStraightWayToAvailable();
        }
    }

    /** Counts over the life of the database, which other tests also use. */
    private static int endedAvailable(DaemonProcess daemon) {
        return daemon.json("/api/v1/summary").at("/totals/ended/AVAILABLE").intValue();
    }

    @Test
    void sigterm_hands_jobs_over_at_once_within_the_same_folder() throws Exception {
        // given
        Path folder = directory.resolve("two");
        Path elsewhere = directory.resolve("one");
        try (SimulatedLinode linode = SimulatedLinode.start(SimulatorOptions.forTests());
                DaemonProcess first = longLeased("first", folder, linode);
                DaemonProcess second = longLeased("second", folder, linode);
                DaemonProcess other = longLeased("other", elsewhere, linode)) {
            Stream.of(first, second, other).forEach(DaemonProcess::launch);
            Stream.of(first, second, other).forEach(DaemonProcess::awaitReady);
            linode.script(Fault.onPut(new Effect.ReadSlowly(400_000)).forLabel("handed-over"));
            linode.script(Fault.onPut(new Effect.ReadSlowly(400_000)).forLabel("waits"));
            String handedOver = drop("handed-over", folder);
            String waits = drop("waits", elsewhere);
            first.await("both PUTs", LIMIT, () -> isSending(linode, "handed-over") && isSending(linode, "waits"));
            DaemonProcess holder =
                    first.job("handed-over.img.gz").get("instance").asText().equals("first") ? first : second;
            DaemonProcess successor = holder == first ? second : first;
            assertThat(first.job("waits.img.gz").get("instance").asText()).isEqualTo("other");

            // when
            other.process().destroy();
            holder.process().destroy();

            // then
            successor.await(
                    "a PUT of the successor",
                    WITHOUT_WAITING_FOR_THE_LEASE,
                    () -> puts(linode, "handed-over").size() > 1);
            JobStory story = JobStory.awaitArchived(successor, "handed-over.img.gz", 1, LIMIT)
                    .getFirst();
            story.assertStraightWayToAvailable();
            assertThat(story.details()).contains("interrupted: the daemon is shutting down");
            assertThat(instances(successor, story)).containsExactlyInAnyOrder("first", "second");
            assertArrived(linode, "handed-over", handedOver, folder);
            holder.awaitEnd();
            other.awaitEnd();

            // given: the job of the other folder has no lease and its daemon has stopped
            JsonNode free = successor.job("waits.img.gz");
            assertThat(free.get("state").asText()).isEqualTo("UPLOADING");
            assertThat(free.get("instance").isNull()).isTrue();

            // when
            String later = drop("later", folder);
            JobStory.awaitArchived(successor, "later.img.gz", 1, LIMIT);

            // then
            assertArrived(linode, "later", later, folder);
            assertThat(puts(linode, "waits"))
                    .as("no daemon of another folder has sent it")
                    .hasSize(1);
            other.start();
            JobStory own =
                    JobStory.awaitArchived(other, "waits.img.gz", 1, LIMIT).getFirst();
            own.assertStraightWayToAvailable();
            assertThat(instances(other, own)).containsExactly("other");
            assertArrived(linode, "waits", waits, elsewhere);
        }
    }

    private DaemonProcess shortLeased(String name, Path folder, SimulatedLinode linode) throws IOException {
        return daemon(name, folder, linode)
                .set("imageferry.lease.duration", "3s")
                .set("imageferry.upload.concurrency", "2");
    }

    private DaemonProcess longLeased(String name, Path folder, SimulatedLinode linode) throws IOException {
        return daemon(name, folder, linode)
                .set("imageferry.lease.duration", "60s")
                .set("imageferry.upload.concurrency", "1")
                .set("imageferry.shutdown.grace", "1s");
    }

    private DaemonProcess daemon(String name, Path folder, SimulatedLinode linode) throws IOException {
        return DaemonProcess.in(Files.createDirectory(directory.resolve("home-" + name)), linode)
                .set("imageferry.instance", name)
                .set("imageferry.drop.directory", folder.toString())
                .set("quarkus.datasource.jdbc.url", database.jdbcUrl())
                .set("quarkus.datasource.username", database.username())
                .set("quarkus.datasource.password", database.password());
    }

    private static Map<String, String> images(Path made, int count) throws IOException {
        Files.createDirectory(made);
        TreeMap<String, String> hashes = new TreeMap<>();
        for (int i : IntStream.range(0, count).toArray()) {
            String file = "small-%03d.img.gz".formatted(i);
            hashes.put(file, DiskImages.sha256(DiskImages.ext4(made.resolve(file), SMALL_BYTES, i)));
        }
        return hashes;
    }

    /** Drops a file larger than all buffers and returns its hash. */
    private static String drop(String label, Path folder) throws IOException {
        Path made = DiskImages.ext4(directory.resolve(label + ".img.gz"), 14 << 20, label.hashCode());
        String hash = DiskImages.sha256(made);
        Files.move(made, folder.resolve(label + ".img.gz"));
        return hash;
    }

    private static boolean isSending(SimulatedLinode linode, String label) {
        return puts(linode, label).stream().anyMatch(put -> put.bodyBytes() > 300_000);
    }

    private static List<RecordedRequest> puts(SimulatedLinode linode, String label) {
        return linode.requests(Operation.PUT_OBJECT).stream()
                .filter(put -> label.equals(put.labelOrNull()))
                .toList();
    }

    private static void assertArrived(SimulatedLinode linode, String label, String hash, Path folder)
            throws IOException {
        assertThat(linode.images().stream().filter(image -> image.label().equals(label)))
                .singleElement()
                .satisfies(image -> {
                    assertThat(image.isAvailable()).isTrue();
                    assertThat(image.sha256OrNull()).isEqualTo(hash);
                });
        assertThat(puts(linode, label).stream().filter(RecordedRequest::stored)).hasSize(1);
        assertThat(DiskImages.sha256(folder.resolve("done").resolve(label + ".img.gz")))
                .isEqualTo(hash);
    }

    /** Returns the instances from {@code GET /summary}. */
    private static List<String> instances(DaemonProcess daemon) {
        return StreamSupport.stream(
                        daemon.json("/api/v1/summary").get("instances").spliterator(), false)
                .map(instance -> instance.get("name").asText())
                .toList();
    }

    /** Returns the instances that held the job. */
    private static Set<String> instances(DaemonProcess daemon, JobStory story) {
        TreeSet<String> names = new TreeSet<>();
        List<JsonNode> lines = new ArrayList<>();
        daemon.json("/api/v1/jobs/" + story.job().get("id").asText() + "/history")
                .forEach(lines::add);
        lines.stream()
                .filter(line -> !line.get("instance").isNull())
                .forEach(line -> names.add(line.get("instance").asText()));
        return names;
    }
}
