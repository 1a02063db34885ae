package dev.imageferry.image;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Compares a check with simpler ways to read the same file completely. The system property {@code bench.file} names the
 * file. Each method returns the number of uncompressed bytes.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 1)
@Measurement(iterations = 5)
public class CheckBenchmark {
    static final String FILE_PROPERTY = "bench.file";

    private static final int BUFFER_BYTES = 128 * 1024;

    private final Path file;

    /** Runs JMH in a separate process. */
    public CheckBenchmark() {
        this(Path.of(System.getProperty(FILE_PROPERTY)));
    }

    CheckBenchmark(Path file) {
        this.file = file;
    }

    @Benchmark
    public long isal() throws IOException {
        return check(GzipInspector.Decoder.ISA_L);
    }

    @Benchmark
    public long jdk() throws IOException {
        return check(GzipInspector.Decoder.JDK);
    }

    private long check(GzipInspector.Decoder decoder) throws IOException {
        GzipInspector inspector = new GzipInspector(DiskFiles.LIMITS, ContentsRule.STRICT, decoder);
        return DiskFiles.fit(inspector.inspect(file, bytes -> {})).uncompressedBytes();
    }

    @Benchmark
    public long gzipInputStream() throws IOException {
        byte[] chunk = new byte[BUFFER_BYTES];
        long bytes = 0;
        try (InputStream input = new GZIPInputStream(Files.newInputStream(file), BUFFER_BYTES)) {
            for (int count = input.read(chunk); count >= 0; count = input.read(chunk)) {
                bytes += count;
            }
        }
        return bytes;
    }

    @Benchmark
    public long zcat() throws IOException, InterruptedException {
        return shell("zcat \"$0\" | wc -c");
    }

    @Benchmark
    public long pigz() throws IOException, InterruptedException {
        return shell("pigz -dc \"$0\" | wc -c");
    }

    @Benchmark
    public long zcatThenSha256sum() throws IOException, InterruptedException {
        return shell("zcat \"$0\" | wc -c; sha256sum \"$0\"");
    }

    /** The number that the script prints first. */
    private long shell(String script) throws IOException, InterruptedException {
        Process process = new ProcessBuilder("bash", "-o", "pipefail", "-c", script, file.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String printed = new String(process.getInputStream().readAllBytes(), UTF_8);
        if (process.waitFor() != 0) {
            throw new IllegalStateException(script + " failed");
        }
        return Long.parseLong(printed.lines().findFirst().orElseThrow().strip());
    }
}
