package dev.imageferry.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.imageferry.drop.DefaultNames;
import dev.imageferry.image.ContentsRule;
import dev.imageferry.image.GzipInspector;
import dev.imageferry.image.ImageLimits;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class InspectCommandTest {
    private static final int DISK_BYTES = 3 << 20;

    @TempDir
    Path folder;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream progress = new ByteArrayOutputStream();

    private int run(boolean onTerminal, boolean json, Path... files) {
        Terminal terminal = new Terminal(
                new PrintStream(out, true, UTF_8),
                new PrintStream(progress, true, UTF_8),
                false,
                onTerminal,
                false,
                () -> 200);
        InspectCommand command = new InspectCommand(
                terminal,
                () -> new InspectCommand.Rules(
                        new GzipInspector(new ImageLimits(1L << 30, 1L << 30), ContentsRule.STRICT),
                        DefaultNames.NAMES,
                        0.10));
        List<String> arguments =
                new ArrayList<>(List.of(files).stream().map(Path::toString).toList());
        if (json) {
            arguments.add("--json");
        }
        return new CommandLine(command).execute(arguments.toArray(String[]::new));
    }

    private Path disk(String name) throws IOException {
        byte[] content = new byte[DISK_BYTES];
        new Random(1).nextBytes(content);
        Path file = folder.resolve(name);
        try (OutputStream gzip = new GZIPOutputStream(Files.newOutputStream(file))) {
            gzip.write(content);
        }
        return file;
    }

    private Path bad(String name) throws IOException {
        return Files.writeString(folder.resolve(name), "no gzip");
    }

    @Test
    void prints_each_file_in_a_table() throws IOException {
        Path disk = disk("disk.img.gz");
        Path bad = bad("notes\u001b.img.gz");

        int status = run(false, false, disk, bad);

        assertThat(status).isEqualTo(1);
        List<String> lines = out.toString(UTF_8).lines().toList();
        assertThat(lines).hasSize(6);
        assertThat(lines.get(0)).matches("RESULT +COMPRESSED +UNCOMPRESSED +A MONTH +CONTENTS +FILE");
        assertThat(lines.get(1)).matches("ok +3,1\\d\\d,\\d{3} +3,145,728 +<\\$0\\.01 +unknown +\\Q" + disk + "\\E");
        assertThat(lines.get(2)).matches("not-gzip +7 +0 +- +- +\\Q" + folder + "\\E/notes\\?\\.img\\.gz");
        assertThat(lines.get(3)).isEmpty();
        assertThat(lines.get(4)).startsWith(disk + ": warning: unknown content");
        assertThat(lines.get(5))
                .startsWith("notes.img.gz: not a gzip file, because it does not begin with the bytes 1f 8b");
        assertThat(lines.get(0).indexOf("FILE")).isEqualTo(lines.get(2).indexOf(folder.toString()));
    }

    @Test
    void prints_the_same_as_json() throws Exception {
        Path disk = disk("ä.img.gz");
        Path bad = bad("notes.img.gz");

        int status = run(false, true, disk, bad, folder.resolve("none.img.gz"));

        assertThat(status).isEqualTo(1);
        JsonNode reports = new JsonMapper().readTree(out.toString(UTF_8));
        assertThat(reports).hasSize(3);
        assertThat(reports)
                .allSatisfy(report -> assertThat(report.fieldNames())
                        .toIterable()
                        .containsExactly(
                                "file",
                                "ok",
                                "error",
                                "compressedBytes",
                                "uncompressedBytes",
                                "monthlyCost",
                                "sha256",
                                "contents",
                                "inflater",
                                "advice"));
        JsonNode good = reports.get(0);
        assertThat(good.get("file").asText()).isEqualTo(disk.toString());
        assertThat(good.get("ok").asBoolean()).isTrue();
        assertThat(good.get("error").isNull()).isTrue();
        assertThat(good.get("compressedBytes").asLong()).isEqualTo(Files.size(disk));
        assertThat(good.get("uncompressedBytes").asLong()).isEqualTo(DISK_BYTES);
        assertThat(good.get("monthlyCost").asDouble()).isEqualTo(0.0003);
        assertThat(HexFormat.of().parseHex(good.get("sha256").asText())).hasSize(32);
        assertThat(good.get("contents").get("partitionTable").asText()).isEqualTo("none");
        JsonNode notGzip = reports.get(1);
        assertThat(notGzip.get("ok").asBoolean()).isFalse();
        assertThat(notGzip.get("error").get("code").asText()).isEqualTo("not-gzip");
        assertThat(notGzip.get("sha256").isNull()).isTrue();
        assertThat(notGzip.get("monthlyCost").isNull()).isTrue();
        JsonNode none = reports.get(2);
        assertThat(none.get("error").get("code").asText()).isEqualTo("unreadable");
        assertThat(none.get("error").get("message").asText())
                .startsWith("cannot read ")
                .endsWith("none.img.gz: no such file or directory");
        assertThat(none.get("compressedBytes").isNull()).isTrue();
    }

    @Test
    void reports_why_a_file_cannot_be_read() throws IOException {
        Path folderAsFile = Files.createDirectory(folder.resolve("folder.img.gz"));
        Path loop = Files.createSymbolicLink(folder.resolve("loop.img.gz"), Path.of("loop.img.gz"));
        Path below = bad("file.img.gz").resolve("x.img.gz");
        Path longName = folder.resolve("x".repeat(300));

        run(false, false, folderAsFile, loop, below, longName);

        assertThat(out.toString(UTF_8))
                .contains(
                        "cannot read " + folderAsFile + ": folder.img.gz is not a regular file",
                        "cannot read " + loop + ": Too many levels of symbolic links",
                        "cannot read " + below + ": no such file or directory",
                        "cannot read " + longName + ": File name too long")
                .doesNotContain("Exception", "java.");
    }

    @Test
    void returns_0_if_all_files_are_ok() throws IOException {
        assertThat(run(false, false, disk("a.img.gz"), disk("b.img.gz"))).isZero();
    }

    @Test
    void shows_progress_only_on_a_terminal() throws IOException {
        Path disk = disk("disk.img.gz");

        run(false, false, disk);
        assertThat(progress.size()).isZero();
        run(true, false, disk);

        assertThat(progress.toString(UTF_8))
                .contains("disk.img.gz 33 %", "disk.img.gz 100 %")
                .endsWith("\r\u001b[K");
    }

    @Test
    void recognises_a_terminal_by_its_device() throws IOException {
        assertThat(Terminal.isTerminal(Files.createSymbolicLink(folder.resolve("0"), Path.of("/dev/pts/3"))))
                .isTrue();
        assertThat(Terminal.isTerminal(Files.createSymbolicLink(folder.resolve("1"), Path.of("/dev/tty1"))))
                .isTrue();
        assertThat(Terminal.isTerminal(Files.createSymbolicLink(folder.resolve("2"), Path.of("/dev/null"))))
                .isFalse();
        assertThat(Terminal.isTerminal(folder.resolve("missing"))).isFalse();
    }
}
