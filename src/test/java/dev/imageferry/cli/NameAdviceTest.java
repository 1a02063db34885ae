package dev.imageferry.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.imageferry.drop.ConversionRule;
import dev.imageferry.drop.DefaultNames;
import dev.imageferry.drop.DiskSpace;
import dev.imageferry.drop.DropFolder;
import dev.imageferry.drop.DropScanner;
import dev.imageferry.drop.FileKind;
import dev.imageferry.drop.Incoming;
import dev.imageferry.drop.Opening;
import dev.imageferry.drop.ScanResult;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The listing, {@code PUT /drop} (shown by the browser) and {@code inspect} give the same advice for a file name. */
class NameAdviceTest {
    @TempDir
    Path root;

    private DropFolder folder() {
        return ((Opening.Opened) DropFolder.open(root, null)).folder();
    }

    private String inspect(boolean json, Path file) {
        String[] arguments =
                json ? new String[] {"inspect", "--json", file.toString()} : new String[] {"inspect", file.toString()};
        return new Invocation().run(arguments).out();
    }

    private Incoming.Receipt put(DropFolder folder, String path) throws IOException {
        return new Incoming(
                        folder,
                        new ConversionRule(DefaultNames.NAMES, false, false, 1L << 30, 1L << 30),
                        new DiskSpace(folder::freeBytes))
                .take(path, InputStream.nullInputStream(), 0, Map.of());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "debian.img | raw image: compress it with gzip, or set imageferry.drop.convert=true",
                "a/debian.RAW | raw image: compress it with gzip, or set imageferry.drop.convert=true",
                "debian.qcow2 | qcow2: convert it with qemu-img convert -O raw, then gzip, or set imageferry.drop.convert=true",
                "debian.vhd | vhd: convert it with qemu-img convert -f vpc -O raw, then gzip, or set imageferry.drop.convert=true",
                "debian.img.xz | xz: unpack it with xz -d, then gzip, or set imageferry.drop.convert=true",
                "debian.img.zst | zst: unpack it with zstd -d, then gzip, or set imageferry.drop.convert=true",
                "debian.tar.gz | tar: unpack it with tar -xf, then gzip the raw image in it",
                "debian.zip | zip: unpack it with unzip, then gzip the raw image in it",
                "install.wim | WIM: unpack it with wimapply FILE 1 DIRECTORY, make a disk of its files with virt-make-fs"
                        + " --type=ext4 DIRECTORY disk.img, then gzip that",
                "debian.iso | ISO image: install from it into a raw disk image (qemu-system-x86_64 -cdrom FILE -drive"
                        + " file=disk.img,format=raw), then gzip that",
                "debian.gz | gzip: if it contains a raw disk image, rename it to end in .img.gz",
                "debian.img.gz.part | unfinished copy: waiting for its final name",
                "debian.img.gz.yml | sidecar with an unsupported ending: rename it to end in .yaml or .json",
                "SHA256SUMS.asc | signature: not checked, check it with gpg --verify before you drop the image",
                "SHA512SUMS | checksums of another kind: not compared, use SHA256SUMS or IMAGE.sha256",
                "debian.iso.sha256 | checksum of a file that is not an image",
                "debian.img.gz.receipt.json | receipt of an ended job: not needed here",
                "README | not an image: its name does not end in .img.gz, .raw.gz or .bin.gz",
                "größe.txt | not an image: its name does not end in .img.gz, .raw.gz or .bin.gz"
            })
    void gives_the_same_advice_everywhere(String path, String advice) throws Exception {
        DropFolder folder = folder();
        Incoming.Receipt receipt = put(folder, path);
        Path file = root.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, "content");

        ScanResult.Scan scan =
                (ScanResult.Scan) new DropScanner(folder, DefaultNames.NAMES, InstantSource.system()).scan();
        JsonNode report = new JsonMapper().readTree(inspect(true, file)).get(0);

        assertThat(FileKind.adviceFor(path, DefaultNames.NAMES)).isEqualTo(advice);
        assertThat(scan.ignored()).singleElement().extracting("reason").isEqualTo(advice);
        assertThat(receipt)
                .isEqualTo(new Incoming.Receipt.BadName("\"" + path + "\" has an unsupported name: " + advice));
        assertThat(report.get("advice").asText()).isEqualTo(advice);
        assertThat(inspect(false, file)).contains(file + ": unsupported name: " + advice);
    }

    @ParameterizedTest
    @CsvSource({
        "debian.img.gz",
        "a/DEBIAN.IMG.GZ",
        "talos-akamai-amd64.raw.gz",
        "flatcar_akamai_image.bin.gz",
        "debian.img.gz.yaml",
        "debian.raw.gz.json",
        "debian.bin.gz.sha256",
        "a/SHA256SUMS"
    })
    void gives_no_advice_for_an_image_or_a_sidecar(String path) throws Exception {
        DropFolder folder = folder();

        assertThat(FileKind.adviceFor(path, DefaultNames.NAMES)).isNull();
        assertThat(put(folder, path)).isInstanceOf(Incoming.Receipt.Stored.class);
        assertThat(new JsonMapper()
                        .readTree(inspect(true, root.resolve(path)))
                        .get(0)
                        .get("advice")
                        .isNull())
                .isTrue();
    }

    @Test
    void inspect_takes_the_endings_of_the_setting() throws Exception {
        Path image = Files.writeString(root.resolve("x.disk.gz"), "content");
        Path other = Files.writeString(root.resolve("x.raw.gz"), "content");
        System.setProperty("imageferry.drop.names", ".img.gz,.disk.gz");
        try {
            assertThat(inspect(false, image)).doesNotContain("unsupported name");
            assertThat(inspect(false, other)).contains("unsupported name: gzip");
        } finally {
            System.clearProperty("imageferry.drop.names");
        }
    }

    /** The browser shows the answer of the server and has no advice of its own. */
    @Test
    void the_page_contains_no_advice() throws IOException {
        try (InputStream script = FileKind.class.getResourceAsStream("/META-INF/resources/page/drop.js")) {
            assertThat(new String(script.readAllBytes(), UTF_8))
                    .contains("problemText(request.status, request.responseText)")
                    .doesNotContain("qcow", "qemu", "gunzip", ".xz");
        }
    }
}
