package dev.imageferry.image;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.RealTools;
import dev.imageferry.image.GzipInspector.Decoder;
import dev.imageferry.job.CheckedImage;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.GZIPOutputStream;

/** Creates disk images with common tools and inspects them. */
final class DiskFiles {
    static final ImageLimits LIMITS = new ImageLimits(5_368_709_120L, 6_442_450_944L);

    private final Path folder;

    DiskFiles(Path folder) {
        this.folder = folder;
    }

    Path at(String name) {
        return folder.resolve(name);
    }

    /** A sparse file of the given size. */
    Path sparse(String name, long bytes) throws IOException {
        Path file = at(name);
        try (RandomAccessFile opened = new RandomAccessFile(file.toFile(), "rw")) {
            opened.setLength(bytes);
        }
        return file;
    }

    /** A folder with a file, as content of a file system. */
    Path tree() throws IOException {
        Path tree = at("tree");
        Files.writeString(Files.createDirectories(tree.resolve("etc")).resolve("hostname"), "ferry\n");
        return tree;
    }

    /** Writes {@code part} into {@code disk} at the given byte. */
    void put(Path part, Path disk, long offset) throws IOException {
        try (FileChannel to = FileChannel.open(disk, StandardOpenOption.WRITE)) {
            to.position(offset);
            Files.copy(part, Channels.newOutputStream(to));
        }
    }

    Path write(String name, byte[] bytes) throws IOException {
        return Files.write(at(name), bytes);
    }

    /** The content in one gzip member, beside it. */
    Path gzip(Path content) throws IOException {
        Path compressed = at(content.getFileName() + ".img.gz");
        try (OutputStream out = new GZIPOutputStream(new BufferedOutputStream(Files.newOutputStream(compressed)))) {
            Files.copy(content, out);
        }
        return compressed;
    }

    static byte[] gzip(byte[] content) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(bytes)) {
            out.write(content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** Runs a tool in the folder and returns its output; fails the test if the tool fails. */
    String run(String... command) throws IOException {
        return runWith("", command);
    }

    /** The same with input. */
    String runWith(String input, String... command) throws IOException {
        RealTools.require(command[0]);
        Path output = Files.createTempFile(folder, "tool", ".txt");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment()
                .merge("PATH", String.join(":", RealTools.FURTHER_FOLDERS), (path, further) -> path + ":" + further);
        Process process = builder.start();
        try (OutputStream stdin = process.getOutputStream()) {
            stdin.write(input.getBytes(UTF_8));
        }
        String printed;
        try {
            int status = process.waitFor();
            printed = Files.readString(output);
            assertThat(status)
                    .as("%s printed %s", String.join(" ", command), printed)
                    .isZero();
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while waiting for " + command[0], e);
        }
        return printed;
    }

    static Inspection inspect(Path file, ContentsRule rule) {
        try {
            Inspection found = new GzipInspector(LIMITS, rule, Decoder.JDK).inspect(file, bytes -> {});
            if (IsalLibrary.installed().isPresent()) {
                assertThat(new GzipInspector(LIMITS, rule, Decoder.ISA_L).inspect(file, bytes -> {}))
                        .isEqualTo(found);
            }
            return found;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static CheckedImage fit(Path file) {
        return fit(inspect(file, ContentsRule.STRICT));
    }

    static CheckedImage fit(Inspection inspection) {
        assertThat(inspection).isInstanceOf(Inspection.Fit.class);
        return ((Inspection.Fit) inspection).image();
    }

    static Inspection.Unfit unfit(Path file) {
        return unfit(inspect(file, ContentsRule.STRICT));
    }

    static Inspection.Unfit unfit(Inspection inspection) {
        assertThat(inspection).isInstanceOf(Inspection.Unfit.class);
        return (Inspection.Unfit) inspection;
    }
}
