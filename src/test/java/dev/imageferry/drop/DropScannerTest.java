package dev.imageferry.drop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.SettableClock;
import dev.imageferry.job.DroppedFile;
import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.FileFingerprint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DropScannerTest {
    private final SettableClock clock = new SettableClock();

    @TempDir
    Path root;

    private DropScanner scanner;

    @BeforeEach
    void open() {
        scanner = new DropScanner(TestFolder.open(root), DefaultNames.NAMES, clock);
    }

    @Test
    void an_empty_folder_has_no_entries() {
        assertThat(scanner.scan()).isEqualTo(new ScanResult.Scan(List.of(), List.of(), List.of(), clock.instant()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "x.img.gz",
                "X.IMG.GZ",
                "a/b/c/x.Img.Gz",
                "x.raw.gz",
                "x.BIN.gz",
                "done.img.gz",
                "a/done/x.img.gz",
                "a/failed/x.img.gz",
                "🚀 ünïcode.img.gz",
                "line\nbreak\t\u0001.img.gz",
                "quote'\"\\<script>alert(1).img.gz"
            })
    void finds_image_files_in_upper_and_lower_case(String path) throws IOException {
        FileFingerprint fingerprint = TestFolder.write(root.resolve(path), "content");

        assertThat(scan().candidates()).containsExactly(new Candidate(new DroppedFile(path, fingerprint)));
        assertThat(scan().ignored()).isEmpty();
        assertThat(scanner.isCandidatePath(path)).isTrue();
    }

    @Test
    void finds_an_image_with_a_name_of_255_bytes() throws IOException {
        String ascii = "x".repeat(248) + ".img.gz";
        String emoji = "🚀".repeat(62) + ".img.gz";
        TestFolder.write(root.resolve(ascii), "content");
        TestFolder.write(root.resolve(emoji), "content");

        assertThat(paths(scan())).containsExactlyInAnyOrder(ascii, emoji);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                ".x.img.gz",
                ".hidden/x.img.gz",
                "a/.x.img.gz.Hb3xQ1",
                "done/x.img.gz",
                "failed/a/x.img.gz",
                "done/x.img.gz.receipt.json",
                ".imageferry.yaml"
            })
    void skips_dot_names_and_done_and_failed(String path) throws IOException {
        TestFolder.write(root.resolve(path), "content");

        assertThat(scan().candidates()).isEmpty();
        assertThat(scan().ignored()).isEmpty();
        assertThat(scanner.isCandidatePath(path)).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "debian.img | raw image: compress it with gzip, or set imageferry.drop.convert=true",
                "debian.RAW | raw image: compress it with gzip, or set imageferry.drop.convert=true",
                "a/debian.wic | raw image: compress it with gzip",
                "debian.qcow2 | qcow2: convert it with qemu-img convert -O raw, then gzip, or set imageferry.drop.convert=true",
                "debian.vmdk | vmdk: convert it with qemu-img convert -O raw, then gzip, or set imageferry.drop.convert=true",
                "debian.vhd | vhd: convert it with qemu-img convert -f vpc -O raw, then gzip, or set imageferry.drop.convert=true",
                "debian.vhdx | vhdx: convert it with qemu-img convert -O raw, then gzip, or set imageferry.drop.convert=true",
                "debian.vdi | vdi: convert it with qemu-img convert -O raw, then gzip, or set imageferry.drop.convert=true",
                "debian.img.xz | xz: unpack it with xz -d, then gzip, or set imageferry.drop.convert=true",
                "debian.img.zst | zst: unpack it with zstd -d, then gzip, or set imageferry.drop.convert=true",
                "debian.img.bz2 | bz2: unpack it with bzip2 -d, then gzip, or set imageferry.drop.convert=true",
                "debian.zip | zip: unpack it with unzip, then gzip the raw image in it",
                "debian.tar.gz | tar: unpack it with tar -xf, then gzip the raw image in it",
                "debian.gz | gzip: if it contains a raw disk image, rename it to end in .img.gz",
                "debian.iso | ISO image: install from it into a raw disk image (qemu-system-x86_64 -cdrom FILE -drive"
                        + " file=disk.img,format=raw), then gzip that",
                "debian.img.gz.part | unfinished copy: waiting for its final name",
                "debian.img.gz.yaml | sidecar waiting for its image",
                "debian.img.gz.json | sidecar waiting for its image",
                "debian.img.gz.yml | sidecar with an unsupported ending: rename it to end in .yaml or .json",
                "debian.img.gz.YAML | sidecar with an unsupported ending: rename it to end in .yaml or .json",
                "SHA256SUMS.asc | signature: not checked, check it with gpg --verify before you drop the image",
                "SHA512SUMS | checksums of another kind: not compared, use SHA256SUMS or IMAGE.sha256",
                "debian.iso.sha256 | checksum of a file that is not an image",
                "debian.img.gz.receipt.json | receipt of an ended job: not needed here",
                "README | not an image: its name does not end in .img.gz, .raw.gz or .bin.gz"
            })
    void reports_why_a_file_is_not_a_job(String path, String reason) throws IOException {
        TestFolder.write(root.resolve(path), "content");

        assertThat(scan().candidates()).isEmpty();
        assertThat(scan().ignored()).containsExactly(new Ignored(path, 7, reason));
        assertThat(scanner.isCandidatePath(path)).isFalse();
    }

    @Test
    void each_image_settles_together_with_the_checksums_of_its_folder() throws IOException {
        FileFingerprint one = TestFolder.write(root.resolve("a/one.img.gz"), "content");
        FileFingerprint two = TestFolder.write(root.resolve("a/two.img.gz"), "content");
        FileFingerprint elsewhere = TestFolder.write(root.resolve("three.img.gz"), "content");
        FileFingerprint checksums = TestFolder.write(root.resolve("a/SHA256SUMS"), "0");

        assertThat(scan().candidates())
                .containsExactlyInAnyOrder(
                        new Candidate(new DroppedFile("a/one.img.gz", one), Map.of("SHA256SUMS", checksums)),
                        new Candidate(new DroppedFile("a/two.img.gz", two), Map.of("SHA256SUMS", checksums)),
                        new Candidate(new DroppedFile("three.img.gz", elsewhere)));
        assertThat(scan().ignored()).isEmpty();
    }

    @Test
    void a_candidate_includes_the_sidecar_beside_its_image() throws IOException {
        FileFingerprint image = TestFolder.write(root.resolve("a/X.img.GZ"), "content");
        FileFingerprint yaml = TestFolder.write(root.resolve("a/X.img.GZ.yaml"), "label: x");
        FileFingerprint json = TestFolder.write(root.resolve("a/X.img.GZ.json"), "{}");
        TestFolder.write(root.resolve("X.img.GZ.yaml"), "in another folder");
        TestFolder.write(root.resolve("a/x.img.gz.yaml"), "of another spelling");

        FileFingerprint checksum = TestFolder.write(root.resolve("a/X.img.GZ.sha256"), "0");

        assertThat(scan().candidates())
                .containsExactly(new Candidate(
                        new DroppedFile("a/X.img.GZ", image),
                        Map.of("X.img.GZ.yaml", yaml, "X.img.GZ.json", json, "X.img.GZ.sha256", checksum)));
        assertThat(reasons(scan()))
                .isEqualTo(Map.of(
                        "X.img.GZ.yaml", "sidecar waiting for its image",
                        "a/x.img.gz.yaml", "sidecar waiting for its image"));
    }

    @Test
    void never_follows_a_link_or_opens_a_fifo() throws Exception {
        TestFolder.bash(
                root,
                "mkdir real; echo x > real/x.img.gz; ln -s real/x.img.gz link.img.gz; ln -s real folder;"
                        + " ln -s . loop; ln -s nowhere dangling.img.gz; mkfifo fifo.img.gz; ln -s real/y real/x.img.gz.yaml");

        assertThat(paths(scan())).containsExactly("real/x.img.gz");
        assertThat(scan().candidates().getFirst().companions()).isEmpty();
        String link = "symbolic link: links are not followed, put the file itself here";
        assertThat(reasons(scan()))
                .isEqualTo(Map.of(
                        "link.img.gz", link,
                        "folder", link,
                        "loop", link,
                        "dangling.img.gz", link,
                        "real/x.img.gz.yaml", link,
                        "fifo.img.gz", "not a regular file: devices, FIFOs and sockets are never opened"));
        assertThat(scan().ignored()).allMatch(ignored -> ignored.bytes() == 0);
    }

    @Test
    void a_folder_named_like_an_image_is_a_folder() throws IOException {
        TestFolder.write(root.resolve("x.img.gz/y.img.gz"), "content");

        assertThat(paths(scan())).containsExactly("x.img.gz/y.img.gz");
        assertThat(scan().ignored()).isEmpty();
    }

    @Test
    void hard_links_are_ordinary_files() throws IOException {
        TestFolder.write(root.resolve("a.img.gz"), "content");
        Files.createLink(root.resolve("b.img.gz"), root.resolve("a.img.gz"));

        assertThat(paths(scan())).containsExactly("a.img.gz", "b.img.gz");
    }

    @Test
    void lists_names_that_are_not_utf8_and_skips_such_folders() throws Exception {
        TestFolder.bash(
                root,
                "touch $'bad\\xff.img.gz' $'surrogate\\xed\\xa0\\x80.img.gz' $'honest\\xef\\xbf\\xbd.img.gz';"
                        + " mkdir $'folder\\xc3'; touch $'folder\\xc3/x.img.gz'");

        assertThat(paths(scan())).containsExactly("honest\ufffd.img.gz");
        assertThat(scan().ignored())
                .hasSize(3)
                .allMatch(ignored -> ignored.reason().equals("name is not UTF-8"));
    }

    @Test
    void lists_unreadable_files_and_continues() throws Exception {
        TestFolder.write(root.resolve("z.img.gz"), "content");
        // deeper than PATH_MAX, so that it cannot be listed by its path, not even by root
        TestFolder.bash(
                root,
                "name=$(printf 'd%.0s' {1..250}); for i in {1..17}; do mkdir $name; cd -P $name; done; : > x.img.gz");

        try {
            assertThat(paths(scan())).containsExactly("z.img.gz");
            assertThat(scan().ignored())
                    .singleElement()
                    .satisfies(ignored -> assertThat(ignored.reason())
                            .startsWith("cannot access this file: ")
                            .containsIgnoringCase("too long"));
        } finally {
            TestFolder.bash(root, "rm -rf ddd*");
        }
    }

    @Test
    void lists_a_folder_without_read_permission_and_continues() throws Exception {
        TestFolder.write(root.resolve("locked/x.img.gz"), "content");
        TestFolder.write(root.resolve("z.img.gz"), "content");
        TestFolder.bash(root, "chmod 000 locked");

        try {
            Assumptions.assumeFalse(Files.isReadable(root.resolve("locked")), "root may read everything");
            assertThat(paths(scan())).containsExactly("z.img.gz");
            assertThat(scan().ignored())
                    .containsExactly(new Ignored("locked", 0, "cannot read this folder: permission denied"));
        } finally {
            TestFolder.bash(root, "chmod 700 locked");
        }
    }

    @Test
    void lists_an_image_whose_path_is_too_long_for_done_and_failed() throws Exception {
        TestFolder.bash(
                root,
                "name=$(printf 'd%.0s' {1..250}); room=$((4095 - ${#PWD} - 1)); while [ $room -gt 320 ]; do mkdir $name;"
                        + " cd -P $name; room=$((room - 251)); done; name=$(printf 'x%.0s' {1..200}); : > $name.img.gz");

        assertThat(scan().candidates()).isEmpty();
        assertThat(scan().ignored())
                .singleElement()
                .satisfies(ignored -> assertThat(ignored.reason()).startsWith("path too long: "));
    }

    @Test
    void an_unmounted_folder_is_unavailable_and_not_empty() throws IOException {
        TestFolder.write(root.resolve("x.img.gz"), "content");
        Files.delete(root.resolve(".imageferry-folder"));

        assertThat(scanner.scan())
                .isInstanceOfSatisfying(
                        ScanResult.Unavailable.class,
                        unavailable ->
                                assertThat(unavailable.problem().code()).isEqualTo(ErrorCode.FOLDER_UNAVAILABLE));
    }

    @Test
    void leaves_out_files_that_disappear_during_the_scan() throws Exception {
        TestFolder.write(root.resolve("stays.img.gz"), "content");
        AtomicBoolean stop = new AtomicBoolean();
        try (ExecutorService threads = Executors.newSingleThreadExecutor()) {
            Future<?> churn = threads.submit(() -> {
                for (int i = 0; !stop.get(); i++) {
                    Path folder = root.resolve("folder" + i % 5);
                    TestFolder.write(folder.resolve("x.img.gz"), "content");
                    TestFolder.write(folder.resolve("y.img"), "content");
                    Files.delete(folder.resolve("y.img"));
                    Files.delete(folder.resolve("x.img.gz"));
                    Files.delete(folder);
                }
                return null;
            });
            try {
                for (int i = 0; i < 300; i++) {
                    ScanResult.Scan scan = scan();
                    assertThat(paths(scan)).contains("stays.img.gz");
                    assertThat(scan.ignored())
                            .allMatch(ignored -> ignored.reason().startsWith("raw image"));
                }
            } finally {
                stop.set(true);
            }
            churn.get();
        }
    }

    private ScanResult.Scan scan() {
        return (ScanResult.Scan) scanner.scan();
    }

    private static List<String> paths(ScanResult.Scan scan) {
        return scan.candidates().stream()
                .map(candidate -> candidate.file().path())
                .toList();
    }

    private static Map<String, String> reasons(ScanResult.Scan scan) {
        return scan.ignored().stream().collect(Collectors.toMap(Ignored::file, Ignored::reason));
    }
}
