package dev.imageferry.whole;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.imageferry.simulator.Effect;
import dev.imageferry.simulator.Fault;
import dev.imageferry.simulator.Operation;
import dev.imageferry.simulator.RecordedRequest;
import dev.imageferry.simulator.RequestListener;
import dev.imageferry.simulator.SimulatedImage;
import dev.imageferry.simulator.SimulatedImage.RegionCopy;
import dev.imageferry.simulator.SimulatedLinode;
import dev.imageferry.simulator.SimulatorOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Metadata from 50 folders with defaults and 200 sidecars. */
@Tag("exhaustive")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MetadataIT {
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final int FOLDERS = 50;
    private static final int SIDECARS = 200;
    private static final List<String> REGIONS = List.of("us-iad", "nl-ams", "de-fra-2", "jp-osa", "it-mil");
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    static Path directory;

    private final SimulatedLinode linode = SimulatedLinode.start(SimulatorOptions.forTests());
    private final Map<String, Map<String, Object>> defaultsByFolder = new LinkedHashMap<>();
    private final List<Dropped> dropped = new ArrayList<>();
    private Map<String, JsonNode> jobs = Map.of();
    private Path image;
    private int createdForAll;
    private DaemonProcess daemon;

    /**
     * An image with its sidecar.
     *
     * @param metadata the content of the sidecar; empty for a bad one
     * @param error what the message must contain after the path of the sidecar; empty for a valid one
     */
    private record Dropped(String folder, String name, Map<String, Object> metadata, List<String> error) {
        String path() {
            return folder + "/" + name;
        }

        boolean isValid() {
            return error.isEmpty();
        }
    }

    /** A bad sidecar. */
    private record BadSidecar(String content, List<String> error) {
        BadSidecar(String content, String... error) {
            this(content, List.of(error));
        }
    }

    private static final List<BadSidecar> BAD_SIDECARS = List.of(
            new BadSidecar("label: fine\ncolour: red\n", "line 2", "unknown key \"colour\""),
            new BadSidecar("label: fine\n\nregion: US ORD\n", "line 3", "key region", "\"US ORD\""),
            new BadSidecar("cloudInit: maybe\n", "line 1", "key cloudInit", "\"maybe\""),
            new BadSidecar("label: fine\ntags:\n  - nightly\n  - no\n", "line 2", "key tags", "\"no\""),
            new BadSidecar("label: fine\ntags: [one, two\nregion: us-iad\n", "not valid YAML in line"),
            new BadSidecar("label: &name fine\ndescription: *name\n", "line 2", "alias"),
            new BadSidecar("#" + "x".repeat(65_536), "65537 bytes", "65536"),
            new BadSidecar("label: caf\u00e9\n", "not UTF-8"),
            new BadSidecar("priority: 5000\n", "line 1", "key priority", "5000"),
            new BadSidecar("label: one\nlabel: two\n", "line 2", "\"label\" twice"));

    @BeforeAll
    void drop_all() throws IOException {
        image = DiskImages.ext4(directory.resolve("image"), 10_000, 1);
        daemon = DaemonProcess.in(directory, linode)
                .set("imageferry.drop.deduplicate", "false")
                .set("imageferry.upload.concurrency", "16")
                .set("imageferry.image.tags", "from-settings")
                .set("imageferry.image.description", "by default {file}")
                .start();
        IntStream.range(0, FOLDERS).forEach(this::writeFolderDefaults);
        for (Map.Entry<String, Map<String, Object>> folder : defaultsByFolder.entrySet()) {
            Path made = Files.createDirectories(daemon.dropFolder().resolve(folder.getKey()));
            Files.writeString(made.resolve(".imageferry.yaml"), yaml(folder.getValue()));
        }
        for (int i = 0; i < SIDECARS; i++) {
            drop(i);
        }
        jobs = daemon.awaitArchived(SIDECARS, LIMIT).stream()
                .collect(Collectors.toMap(job -> job.get("file").asText(), Function.identity()));
        createdForAll = linode.everCreated().size();
    }

    @AfterAll
    void close() {
        if (daemon != null) {
            daemon.close();
        }
        linode.close();
    }

    @Test
    void each_image_has_the_metadata_of_its_sidecar_and_its_folders() {
        Map<String, SimulatedImage> images =
                linode.images().stream().collect(Collectors.toMap(SimulatedImage::id, Function.identity()));
        List<Dropped> valid = dropped.stream().filter(Dropped::isValid).toList();
        assertThat(valid).hasSize(180);
        for (Dropped file : valid) {
            JsonNode job = jobOf(file);
            assertThat(job.get("state").asText()).as("%s", job).isEqualTo("AVAILABLE");
            SimulatedImage arrived =
                    Objects.requireNonNull(images.get(job.get("image").get("id").asText()), file.path());
            Map<String, Object> metadata = expectedMetadata(file);
            assertThat(arrived.label()).as(file.path()).isEqualTo(metadata.get("label"));
            assertThat(arrived.description())
                    .as(file.path())
                    .isEqualTo(String.valueOf(metadata.get("description")).replace("{file}", file.path()));
            assertThat(arrived.region()).as(file.path()).isEqualTo(metadata.get("region"));
            assertThat(arrived.cloudInit()).as(file.path()).isEqualTo(metadata.get("cloudInit"));
            List<String> tags = new ArrayList<>(texts(Objects.requireNonNull(metadata.get("tags"))));
            tags.add("imageferry-" + job.get("id").asText().replace("-", "") + "-1");
            assertThat(arrived.tags()).as(file.path()).containsExactlyInAnyOrderElementsOf(tags);
            Set<String> regions = new LinkedHashSet<>(texts(Objects.requireNonNull(metadata.get("replicateTo"))));
            regions.add(arrived.region());
            assertThat(arrived.regions())
                    .as(file.path())
                    .containsExactlyInAnyOrderElementsOf(regions.stream()
                            .map(region -> new RegionCopy(region, "available"))
                            .toList());
            assertThat(job.get("priority").asInt()).as(file.path()).isEqualTo(metadata.get("priority"));
        }
    }

    @Test
    void each_bad_sidecar_is_reported_with_file_line_and_key_and_affects_nothing_else() {
        List<Dropped> bad = dropped.stream().filter(file -> !file.isValid()).toList();
        assertThat(bad).hasSize(20);
        for (Dropped file : bad) {
            JsonNode job = jobOf(file);
            assertThat(job.get("state").asText()).as("%s", job).isEqualTo("REJECTED");
            assertThat(job.get("error").get("code").asText()).isEqualTo("bad-metadata");
            assertThat(job.get("error").get("message").asText())
                    .startsWith(file.path() + ".yaml ")
                    .contains(file.error());
            assertThat(job.get("image").isNull()).isTrue();
        }
        assertThat(createdForAll).as("no image for a bad sidecar").isEqualTo(180);
    }

    @Test
    void a_sidecar_that_arrives_after_the_image_was_created_is_reported_and_changes_nothing() throws IOException {
        // given
        CountDownLatch putArrived = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        linode.onRequest(RequestListener.on(
                Operation.PUT_OBJECT, RequestListener.Moment.ARRIVED, put -> hold("late", put, putArrived, goOn)));
        Path sidecar = daemon.dropFolder().resolve("late.img.gz.yaml");
        Files.copy(image, daemon.dropFolder().resolve("late.img.gz"));
        daemon.await("the PUT", LIMIT, () -> putArrived.getCount() == 0);

        // when
        try {
            Files.writeString(sidecar, "label: too late\ntags: [never]\n");
            daemon.await(
                    "the late sidecar in /drop",
                    LIMIT,
                    () -> listed("late.img.gz.yaml")
                            .contains(
                                    "arrived after the image of late.img.gz was created and is not applied (unchanged: label, tags"));
        } finally {
            goOn.countDown();
        }

        // then
        JobStory story = JobStory.awaitArchived(daemon, "late.img.gz", 1, LIMIT).getFirst();
        story.assertStraightWayToAvailable();
        assertThat(linode.images())
                .filteredOn(made -> made.id().equals(story.imageId()))
                .singleElement()
                .satisfies(made -> {
                    assertThat(made.label()).isEqualTo("late");
                    assertThat(made.tags()).contains("from-settings").doesNotContain("never");
                });
        assertThat(sidecar).doesNotExist();
        assertThat(daemon.dropFolder().resolve("done/late.img.gz.yaml")).exists();
    }

    @Test
    void a_sidecar_whose_image_was_removed_is_not_applied_to_the_next() throws Exception {
        // given
        Path first = daemon.dropFolder().resolve("again.img.gz");
        Path sidecar = daemon.dropFolder().resolve("again.img.gz.yaml");
        CountDownLatch firstArrived = new CountDownLatch(1);
        CountDownLatch firstGone = new CountDownLatch(1);
        linode.onRequest(RequestListener.on(
                Operation.PUT_OBJECT,
                RequestListener.Moment.ARRIVED,
                put -> hold("of the first", put, firstArrived, firstGone)));
        // otherwise it could become available and stay
        linode.script(Fault.onProcessing(new Effect.ProcessingNeverEnds()).forLabel("of the first"));
        Files.writeString(sidecar, "label: of the first\ndescription: of the first\n");
        Files.copy(image, first);
        daemon.await("the PUT", LIMIT, () -> firstArrived.getCount() == 0);
        Files.delete(first);
        firstGone.countDown();
        JobStory.awaitArchived(daemon, "again.img.gz", 1, LIMIT);

        // when
        CountDownLatch putArrived = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        linode.onRequest(RequestListener.on(
                Operation.PUT_OBJECT, RequestListener.Moment.ARRIVED, put -> hold("again", put, putArrived, goOn)));
        DiskImages.ext4(directory.resolve("again.img.gz"), 1 << 20, 77);
        Files.move(directory.resolve("again.img.gz"), first);
        try {
            daemon.await("the PUT of the next", LIMIT, () -> putArrived.getCount() == 0);
            daemon.await(
                    "the sidecar in /drop",
                    LIMIT,
                    () -> listed("again.img.gz.yaml").startsWith("sidecar of an earlier again.img.gz"));
        } finally {
            goOn.countDown();
        }

        // then
        List<JobStory> stories = JobStory.awaitArchived(daemon, "again.img.gz", 2, LIMIT);
        assertThat(stories).extracting(JobStory::state).containsExactlyInAnyOrder("CANCELLED", "AVAILABLE");
        assertThat(linode.images())
                .filteredOn(
                        made -> made.label().startsWith("again") || made.label().startsWith("of the first"))
                .singleElement()
                .satisfies(made -> {
                    assertThat(made.label()).isEqualTo("again");
                    assertThat(made.description()).isEqualTo("by default again.img.gz");
                });
    }

    @Test
    void a_sidecar_without_its_image_is_listed_as_waiting() throws IOException {
        Files.writeString(daemon.dropFolder().resolve("alone.img.gz.yaml"), "label: alone\n");

        daemon.await(
                "the sidecar in /drop",
                LIMIT,
                () -> listed("alone.img.gz.yaml").equals("sidecar waiting for its image"));
    }

    private static void hold(String label, RecordedRequest put, CountDownLatch arrived, CountDownLatch goOn) {
        if (label.equals(put.labelOrNull())) {
            arrived.countDown();
            try {
                assertThat(goOn.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private JsonNode jobOf(Dropped file) {
        return Objects.requireNonNull(jobs.get(file.path()), file.path());
    }

    /** The reason of the file in the listing; empty if it is not listed. */
    private String listed(String file) {
        return StreamSupport.stream(daemon.json("/api/v1/drop").spliterator(), false)
                .filter(entry -> entry.get("file").asText().equals(file)
                        && entry.get("status").asText().equals("ignored"))
                .map(entry -> entry.get("reason").asText())
                .findFirst()
                .orElse("");
    }

    /** 25 folders in the drop folder, 15 folders in those, and 10 in these. */
    private static String folder(int number) {
        if (number < 25) {
            return "team-" + number;
        }
        return folder(number < 40 ? number - 25 : number - 15) + "/part-" + number;
    }

    private void writeFolderDefaults(int number) {
        Map<String, Object> metadata = new LinkedHashMap<>();
        if (number % 2 == 0) {
            metadata.put("region", REGIONS.get(number % REGIONS.size()));
        }
        if (number % 3 == 0) {
            metadata.put("tags", List.of("folder-" + number, "all-alike"));
        }
        if (number % 4 == 1) {
            metadata.put("description", "of folder " + number + ": {file}");
        }
        if (number % 5 == 2) {
            metadata.put("cloudInit", number % 2 == 0);
        }
        if (number % 7 == 3) {
            metadata.put("replicateTo", List.of(REGIONS.get(number % REGIONS.size()), "se-sto"));
        }
        if (number % 6 == 4) {
            metadata.put("priority", number);
        }
        defaultsByFolder.put(folder(number), metadata);
    }

    private void drop(int i) throws IOException {
        String folder = folder(i % FOLDERS);
        String name = name(i);
        Path place = daemon.dropFolder().resolve(folder);
        Map<String, Object> metadata = new LinkedHashMap<>();
        if (i % 10 == 7) {
            BadSidecar bad = BAD_SIDECARS.get(i / 10 % BAD_SIDECARS.size());
            Files.writeString(place.resolve(name + ".yaml"), bad.content(), StandardCharsets.ISO_8859_1);
            dropped.add(new Dropped(folder, name, metadata, bad.error()));
        } else {
            sayInSidecar(i, metadata);
            boolean json = i % 9 == 0;
            Files.writeString(
                    place.resolve(name + (json ? ".json" : ".yaml")),
                    json ? JSON.writeValueAsString(metadata) : yaml(metadata));
            dropped.add(new Dropped(folder, name, metadata, List.of()));
        }
        Files.copy(image, place.resolve(name));
    }

    private static String name(int i) {
        return switch (i % 8) {
            case 5 -> "Grö+ß " + i + ".img.gz";
            case 6 -> "long-".repeat(12) + i + ".img.gz";
            default -> "image-" + i + ".img.gz";
        };
    }

    private static String labelByName(int i) {
        return switch (i % 8) {
            case 5 -> "Gro- " + i;
            case 6 -> "long-".repeat(8) + "l-" + sha256(name(i)).substring(0, 8);
            default -> "image-" + i;
        };
    }

    private static void sayInSidecar(int i, Map<String, Object> metadata) {
        if (i % 4 == 0) {
            metadata.put("label", "it's no. " + i + ", new");
        }
        if (i % 3 == 0) {
            metadata.put("description", "number " + i + ": built for {file}");
        }
        if (i % 5 == 1) {
            metadata.put("region", REGIONS.get(i / 5 % REGIONS.size()));
        }
        if (i % 6 == 0) {
            metadata.put("tags", i % 12 == 0 ? List.of() : List.of("sidecar-" + i, "team: base"));
        }
        if (i % 7 == 2) {
            metadata.put("cloudInit", i % 2 == 0);
        }
        if (i % 11 == 4) {
            metadata.put("replicateTo", List.of("us-sea", REGIONS.get(i % REGIONS.size())));
        }
        if (i % 13 == 5) {
            metadata.put("priority", -i);
        }
    }

    /** Settings, then the folders from the outermost to the innermost, then the sidecar. Later values win. */
    private Map<String, Object> expectedMetadata(Dropped file) {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("label", labelByName(dropped.indexOf(file)));
        all.put("description", "by default {file}");
        all.put("region", "us-ord");
        all.put("tags", List.of("from-settings"));
        all.put("cloudInit", false);
        all.put("replicateTo", List.of());
        all.put("priority", 0);
        String path = "";
        for (String part : file.folder().split("/", -1)) {
            path = path.isEmpty() ? part : path + "/" + part;
            all.putAll(Objects.requireNonNull(defaultsByFolder.get(path), path));
        }
        all.putAll(file.metadata());
        return all;
    }

    private static List<String> texts(Object list) {
        return ((List<?>) list).stream().map(Object::toString).toList();
    }

    private static String yaml(Map<String, Object> metadata) {
        StringBuilder yaml = new StringBuilder("# what the pipeline knows\n");
        metadata.forEach((key, value) -> {
            yaml.append(key).append(':');
            switch (value) {
                case List<?> list when list.isEmpty() -> yaml.append(" []\n");
                case List<?> list ->
                    list.forEach(entry -> yaml.append("\n  - '").append(entry).append("'"));
                case String text -> yaml.append(" \"").append(text).append('"');
                default -> yaml.append(' ').append(value);
            }
            yaml.append('\n');
        });
        return yaml.toString();
    }

    private static String sha256(String text) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
