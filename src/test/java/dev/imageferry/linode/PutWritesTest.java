package dev.imageferry.linode;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How the bytes of a PUT reach the kernel. */
@Timeout(60)
class PutWritesTest {
    private static final Duration LONG = Duration.ofSeconds(30);

    @TempDir
    Path directory;

    private static PutCall start(Line line, RawServer server, SentFile file, PutGuard guard, PutListener listener) {
        return new Bucket(
                        line.client(), "1.2.3", LONG, LONG, new Bandwidth(), SentFile.CLOCK, new SimpleMeterRegistry())
                .start(
                        SentFile.url(line.scheme(), server.port()),
                        file.path(),
                        file.checked(),
                        file.fingerprint(),
                        guard,
                        listener);
    }

    /** The number of write system calls of the calling thread. */
    private static long writes() {
        try {
            return Files.readAllLines(Path.of("/proc/thread-self/io")).stream()
                    .filter(line -> line.startsWith("syscw: "))
                    .mapToLong(line -> Long.parseLong(line.substring("syscw: ".length())))
                    .sum();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @EnumSource(Line.class)
    @EnabledOnOs(OS.LINUX)
    void writes_at_least_64_kib_at_a_time(Line line) throws Exception {
        int length = 10 * 1024 * 1024;
        SentFile file = SentFile.of(directory, length);
        List<Long> writes = new ArrayList<>();
        try (RawServer server = new RawServer(line.factory(), connection -> {
            connection.readBody(length);
            connection.answer("200 OK", "", "");
        })) {
            PutResult result = start(line, server, file, SentFile.YES, total -> writes.add(writes()))
                    .await();

            assertThat(result).isInstanceOf(PutResult.Stored.class);
            assertThat(writes.getLast()).isLessThanOrEqualTo(length / (64 * 1024));
            assertThat(server.served().body()).isEqualTo(file.bytes());
        }
    }

    /** Otherwise, a slow receiver would be considered stalled. */
    @ParameterizedTest
    @EnumSource(Line.class)
    void reports_bytes_as_the_kernel_accepts_them(Line line) throws Exception {
        int step = 64 * 1024;
        SentFile file = SentFile.of(directory, 8 * 1024 * 1024);
        Semaphore reports = new Semaphore(0);
        Semaphore steps = new Semaphore(0);
        try (RawServer server = new RawServer(line.factory(), connection -> {
            while (hasReport(reports, Duration.ofSeconds(1))) {
                // until the buffers between sender and receiver are full
            }
            for (int i = 0; i < 20; i++) {
                connection.readBody(step);
                if (!hasReport(reports, Duration.ofSeconds(10))) {
                    return;
                }
            }
            steps.release();
            connection.readBody(Long.MAX_VALUE);
        })) {
            PutCall call = start(line, server, file, () -> false, total -> reports.release());

            PutResult result = call.await();

            assertThat(steps.tryAcquire()).as("a report after each step").isTrue();
            assertThat(result).isInstanceOf(PutResult.LostLease.class);
        }
    }

    private static boolean hasReport(Semaphore reports, Duration limit) throws IOException {
        try {
            boolean any = reports.tryAcquire(limit.toMillis(), TimeUnit.MILLISECONDS);
            reports.drainPermits();
            return any;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }
}
