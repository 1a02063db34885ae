package dev.imageferry.whole;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.imageferry.RealTools;
import dev.imageferry.simulator.Operation;
import dev.imageferry.simulator.RecordedRequest;
import dev.imageferry.simulator.SimulatedImage;
import dev.imageferry.simulator.SimulatedLinode;
import dev.imageferry.simulator.SimulatorOptions;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Bad files of every kind, and good ones among them, dropped at once. */
@Tag("exhaustive")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BadInputIT {
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final long MIB = 1 << 20;
    private static final long BOMB_BYTES = 10L * 1024 * MIB;

    /** One byte more than S3's limit of 5 GiB for one PUT. */
    private static final long TOO_MANY_BYTES = 5_368_709_121L;

    private static final String BREAK_IN_NAME = "line\nbreak in a name.img.gz";
    private static final List<String> ODD_NAMES = List.of(
            "  spaces  in and around  .img.gz",
            "it's \"quoted\" and `ticked`.img.gz",
            "<script>alert(1)<script>.img.gz",
            "🚀 rocket 🚀.img.gz",
            "🚀.img.gz",
            "Größe größer ДИСК 磁盘.IMG.GZ",
            "$(rm -rf *); & | %s %n {} .img.gz",
            "--help.img.gz",
            "n".repeat(248) + ".img.gz",
            "ü".repeat(124) + ".img.gz",
            BREAK_IN_NAME);

    @TempDir
    static Path directory;

    private final Map<String, String> goodHashes = new HashMap<>();
    private final Map<String, JsonNode> jobs = new HashMap<>();
    private SimulatedLinode linode;
    private DaemonProcess daemon;

    /**
     * A file that is rejected.
     *
     * @param said what the message must contain: the file, the value, the limit, what to do
     */
    record Bad(String file, String code, List<String> said) {
        @Override
        public String toString() {
            return file;
        }
    }

    @BeforeAll
    void drop_all_at_once() throws IOException {
        RealTools.require("mkfs.ext4", "qemu-img", "genisoimage");
        Path made = Files.createDirectory(directory.resolve("made"));
        makeBadFiles(made);
        makeBadSidecars(made);
        makeGoodFiles(made);
        linode = SimulatedLinode.start(SimulatorOptions.forTests());
        daemon = DaemonProcess.in(directory, linode)
                .set("imageferry.drop.incomplete-after", "1s")
                .start();
        try (Stream<Path> files = Files.list(made)) {
            for (Path file : files.sorted().toList().reversed()) { // each sidecar before its image
                Files.move(file, daemon.dropFolder().resolve(file.getFileName().toString()));
            }
        }
        int count = (int) bad().count() + ODD_NAMES.size() + 2;
        for (JsonNode job : daemon.awaitArchived(count, LIMIT)) {
            jobs.put(job.get("file").asText(), job);
        }
    }

    @AfterAll
    void close() {
        if (daemon != null) {
            daemon.close();
        }
        if (linode != null) {
            linode.close();
        }
    }

    static Stream<Bad> bad() throws IOException {
        return Stream.of(
                new Bad("truncated.img.gz", "gzip-truncated", List.of("ends at byte 300,000", "copy it again")),
                new Bad(
                        "corrupt.img.gz",
                        "gzip-corrupt",
                        List.of("damaged before byte", "copy it or compress it again")),
                new Bad("trailing.img.gz", "gzip-trailing-data", List.of("7 bytes of other data", "truncate -s ")),
                new Bad("empty.img.gz", "empty", List.of("empty (0 bytes)", "copy it again")),
                new Bad("plain.img.gz", "not-gzip", List.of("1f 8b", "it is text", "download the image again")),
                new Bad("text.img.gz", "not-raw-image", List.of("text", "download the image again")),
                new Bad("qcow2.img.gz", "not-raw-image", List.of("qcow2", "qemu-img convert -O raw")),
                new Bad("vmdk.img.gz", "not-raw-image", List.of("VMDK", "qemu-img convert -O raw")),
                new Bad(
                        "iso.img.gz",
                        "not-raw-image",
                        List.of("ISO 9660", "install from it into a raw disk image", "qemu-system-x86_64")),
                new Bad(
                        "bomb.img.gz",
                        "too-large-uncompressed",
                        List.of("6,442,450,944", "imageferry.limits.uncompressed", "resize2fs -M")),
                new Bad(
                        "huge.img.gz",
                        "too-large-compressed",
                        List.of(
                                "5,368,709,121",
                                "5,368,709,120",
                                "imageferry.limits.compressed",
                                "drop-free-blocks",
                                "shrink")),
                new Bad(
                        "unknown-key.img.gz",
                        "bad-metadata",
                        List.of("unknown-key.img.gz.yaml", "\"colour\"", "label, description, region")),
                new Bad(
                        "bad-region.img.gz",
                        "bad-metadata",
                        List.of("bad-region.img.gz.json", "region", "\"US ORD\"", "such as us-ord")),
                new Bad(
                        "alias.img.gz",
                        "bad-metadata",
                        List.of("alias.img.gz.yaml", "alias", "write the value instead")));
    }

    @ParameterizedTest
    @MethodSource("bad")
    void rejects_a_bad_file_and_reports_what_to_do(Bad bad) throws IOException {
        JsonNode job = jobOf(bad.file());
        assertThat(job.get("state").asText()).isEqualTo("REJECTED");
        assertThat(job.get("error").get("code").asText()).isEqualTo(bad.code());
        assertThat(job.get("error").get("message").asText())
                .contains(bad.file())
                .contains(bad.said());
        Path failed = daemon.dropFolder().resolve("failed");
        assertThat(failed.resolve(bad.file())).isRegularFile();
        assertThat(receipt(failed.resolve(bad.file() + ".receipt.json"))).isEqualTo(without("updatedAt", job));
        assertThat(daemon.dropFolder().resolve(bad.file())).doesNotExist();
        assertThat(job.get("image").isNull()).isTrue();
    }

    @Test
    void makes_no_call_to_linode_for_a_bad_file() {
        List<String> goodLabels = goodHashes.keySet().stream()
                .map(file -> jobOf(file).get("label").asText())
                .toList();
        assertThat(linode.requests(Operation.CREATE))
                .extracting(RecordedRequest::labelOrNull)
                .containsExactlyInAnyOrderElementsOf(goodLabels);
        assertThat(linode.everCreated())
                .extracting(SimulatedImage::label)
                .containsExactlyInAnyOrderElementsOf(goodLabels);
    }

    @Test
    void uploads_the_good_images_among_them_whatever_their_names() throws IOException {
        Map<String, String> arrived = new HashMap<>();
        linode.images().forEach(image -> arrived.put(image.id(), image.sha256OrNull()));
        for (String file : goodHashes.keySet()) {
            JsonNode job = jobOf(file);
            assertThat(job.get("state").asText()).as(file).isEqualTo("AVAILABLE");
            assertThat(job.get("label").asText()).as(file).matches("[a-zA-Z0-9,.?\\-_\\s']{1,50}");
            assertThat(arrived).containsEntry(job.get("image").get("id").asText(), goodHashes.get(file));
            Path done = daemon.dropFolder().resolve("done").resolve(file);
            assertThat(DiskImages.sha256(done)).isEqualTo(goodHashes.get(file));
        }
        try (Stream<Path> done = Files.list(daemon.dropFolder().resolve("done"))) {
            assertThat(done.filter(file -> file.toString().endsWith(".receipt.json")))
                    .hasSize(goodHashes.size());
        }
    }

    @Test
    void applies_a_sidecar_only_to_its_own_image() throws IOException {
        assertThat(jobOf("beside.img.gz").get("label").asText()).isEqualTo("beside the bad ones");
        assertThat(FolderTree.files(daemon.dropFolder().resolve("failed"), "alias"))
                .containsExactly("alias.img.gz", "alias.img.gz.receipt.json", "alias.img.gz.yaml");
        assertThat(FolderTree.files(daemon.dropFolder()))
                .filteredOn(file -> !file.startsWith("done/") && !file.startsWith("failed/"))
                .containsExactly(".imageferry-folder");
    }

    @Test
    void a_line_break_in_a_name_does_not_start_a_log_line() {
        assertThat(daemon.log()).contains("break in a name");
        assertThat(daemon.log().lines()).noneMatch(line -> line.startsWith("break in a name"));
    }

    @Test
    void refuses_to_start_if_file_names_cannot_be_opened() throws IOException {
        Path elsewhere = Files.createDirectory(directory.resolve("posix"));
        try (DaemonProcess posix = DaemonProcess.in(elsewhere, linode)
                .environment("LC_ALL", "C")
                .environment("LANG", "C")
                .launch()) {
            int status = posix.awaitEnd();

            assertThat(status).isNotZero();
            assertThat(posix.log().strip().lines())
                    .singleElement()
                    .asString()
                    .contains("sun.jnu.encoding is ANSI_X3.4-1968", "LC_ALL=C.UTF-8");
            assertThat(posix.dropFolder()).doesNotExist();
        }
    }

    private JsonNode jobOf(String file) {
        return Objects.requireNonNull(jobs.get(file), file);
    }

    private void makeBadFiles(Path made) throws IOException {
        byte[] whole = Files.readAllBytes(DiskImages.ext4(made.resolve("good.img.gz"), 500_000, 1));
        goodHashes.put("good.img.gz", DiskImages.sha256(made.resolve("good.img.gz")));
        Files.write(made.resolve("truncated.img.gz"), Arrays.copyOf(whole, 300_000));
        byte[] corrupt = whole.clone();
        corrupt[whole.length / 2] ^= 0x10;
        Files.write(made.resolve("corrupt.img.gz"), corrupt);
        Files.write(made.resolve("trailing.img.gz"), whole);
        Files.writeString(made.resolve("trailing.img.gz"), "garbage", StandardOpenOption.APPEND);
        Files.createFile(made.resolve("empty.img.gz"));
        String page = "<html>\n<h1>404 Not Found</h1>\n</html>\n".repeat(200);
        Files.writeString(made.resolve("plain.img.gz"), page);
        gzipped(made, "text", raw -> Files.writeString(raw, page));
        gzipped(
                made,
                "qcow2",
                raw -> DiskImages.run(List.of("qemu-img", "create", "-q", "-f", "qcow2", raw.toString(), "16M")));
        gzipped(
                made,
                "vmdk",
                raw -> DiskImages.run(List.of("qemu-img", "create", "-q", "-f", "vmdk", raw.toString(), "16M")));
        gzipped(
                made,
                "iso",
                raw -> DiskImages.run(List.of(
                        "genisoimage",
                        "-quiet",
                        "-o",
                        raw.toString(),
                        made.resolve("plain.img.gz").toString())));
        CraftedGzip.bomb(made.resolve("bomb.img.gz"), BOMB_BYTES);
        assertThat(made.resolve("bomb.img.gz"))
                .satisfies(bomb -> assertThat(Files.size(bomb)).isBetween(5 * MIB, 15 * MIB));
        try (RandomAccessFile huge =
                new RandomAccessFile(made.resolve("huge.img.gz").toFile(), "rw")) {
            huge.setLength(TOO_MANY_BYTES);
        }
    }

    private static void makeBadSidecars(Path made) throws IOException {
        for (String name : List.of("unknown-key", "bad-region", "alias")) {
            DiskImages.ext4(made.resolve(name + ".img.gz"), 100_000, name.hashCode());
        }
        Files.writeString(made.resolve("unknown-key.img.gz.yaml"), "label: fine\ncolour: red\n");
        Files.writeString(made.resolve("bad-region.img.gz.json"), "{\"region\": \"US ORD\"}");
        Files.writeString(made.resolve("alias.img.gz.yaml"), "label: &name fine\ndescription: *name\n");
    }

    private void makeGoodFiles(Path made) throws IOException {
        Files.writeString(made.resolve("beside.img.gz.yaml"), "label: beside the bad ones\n");
        List<String> names = new ArrayList<>(ODD_NAMES);
        names.add("beside.img.gz");
        for (String name : names) {
            // under an ordinary name first, because tools may not support unusual ones
            Path file = DiskImages.ext4(made.resolve("next"), 100_000, name.hashCode());
            goodHashes.put(name, DiskImages.sha256(file));
            Files.move(file, made.resolve(name));
        }
    }

    private interface Maker {
        void make(Path raw) throws IOException;
    }

    private static void gzipped(Path made, String name, Maker maker) throws IOException {
        Path raw = directory.resolve(name);
        maker.make(raw);
        DiskImages.gzip(raw, made.resolve(name + ".img.gz"));
        Files.delete(raw);
    }

    private static JsonNode receipt(Path file) throws IOException {
        return without("updatedAt", new ObjectMapper().readTree(Files.readString(file, StandardCharsets.UTF_8)));
    }

    /** Archiving updates the row once more after the receipt is written. */
    private static JsonNode without(String field, JsonNode job) {
        return ((ObjectNode) job.deepCopy()).without(field);
    }
}
