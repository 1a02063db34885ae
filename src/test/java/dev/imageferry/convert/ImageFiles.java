package dev.imageferry.convert;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.RealTools;
import dev.imageferry.image.ImageLimits;
import dev.imageferry.job.Digests;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/** Makes files in all the formats from a raw disk, with the tools that people use, and converts them. */
final class ImageFiles {
    static final ImageLimits LIMITS = new ImageLimits(5_368_709_120L, 6_442_450_944L);
    static final String DISK = "disk.img";

    private final Path folder;

    ImageFiles(Path folder) {
        this.folder = folder;
    }

    Path at(String name) {
        return folder.resolve(name);
    }

    /** Where the daemon would put the converted file. */
    Path target() {
        return at(".target.img.gz");
    }

    /** An ext4 file system of 16 MiB with 2 MiB of random and 1 MiB of other content, as {@link #DISK}. */
    void makeDisk() throws IOException, InterruptedException {
        RealTools.require("mkfs.ext4", "gzip");
        Path tree = Files.createDirectories(at("tree"));
        byte[] noise = new byte[2 << 20];
        new Random(18).nextBytes(noise);
        Files.write(tree.resolve("noise"), noise);
        Files.writeString(tree.resolve("text"), "one line of many\n".repeat(1 << 16));
        run("truncate -s 16M disk.img && mkfs.ext4 -q -F -d tree disk.img");
    }

    /** Runs a shell command in the folder; fails the test if it fails. */
    String run(String command) throws IOException, InterruptedException {
        Path output = Files.createTempFile("tool", ".txt");
        try {
            ProcessBuilder builder = new ProcessBuilder("bash", "-euo", "pipefail", "-c", command)
                    .directory(folder.toFile())
                    .redirectInput(Path.of("/dev/null").toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile());
            builder.environment()
                    .merge("PATH", String.join(":", RealTools.FURTHER_FOLDERS), (path, more) -> path + ":" + more);
            int status = builder.start().waitFor();
            String printed = Files.readString(output, UTF_8);
            assertThat(status).as("%s printed %s", command, printed).isZero();
            return printed;
        } finally {
            Files.delete(output);
        }
    }

    /** The SHA-256 of what {@code gzip -d} makes of a file. */
    String unpackedSha256(Path file) throws IOException, InterruptedException {
        return run("gzip -dc '" + file + "' | sha256sum").substring(0, 64);
    }

    String sha256(String name) throws IOException {
        return Digests.sha256(at(name));
    }

    /** Everything in the folder whose name begins with that of the target. */
    List<String> targets() throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            return all.map(path -> path.getFileName().toString())
                    .filter(name -> name.startsWith(target().getFileName().toString()))
                    .sorted()
                    .toList();
        }
    }

    Conversion convert(String source) throws IOException, InterruptedException {
        return convert(source, LIMITS);
    }

    Conversion convert(String source, ImageLimits limits) throws IOException, InterruptedException {
        return new Converter(limits, 2, false).convert(at(source), target(), new CountedSpace(), (done, total) -> {});
    }

    /** Expects that it is not converted and leaves nothing behind. */
    Conversion.Unfit unfit(String source, ImageLimits limits) throws IOException, InterruptedException {
        Conversion found = convert(source, limits);
        assertThat(found).isInstanceOf(Conversion.Unfit.class);
        assertThat(targets()).isEmpty();
        Conversion.Unfit unfit = (Conversion.Unfit) found;
        assertThat(unfit.problem().message()).startsWith(source + ": ").doesNotContain(folder.toString());
        return unfit;
    }

    /** Unlimited space, with a count. */
    static final class CountedSpace implements Space {
        final AtomicLong required = new AtomicLong();
        final AtomicLong written = new AtomicLong();

        @Override
        public void require(long bytes) throws IOException {
            required.addAndGet(bytes);
        }

        @Override
        public void written(long bytes) {
            written.addAndGet(bytes);
        }
    }
}
