package dev.imageferry.whole;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.simulator.RequestListener;
import dev.imageferry.simulator.SimulatedImage;
import dev.imageferry.simulator.SimulatedLinode;
import dev.imageferry.simulator.SimulatorOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Uploads large files with a small heap. */
@Tag("exhaustive")
class MemoryIT {
    private static final Duration LIMIT = Duration.ofMinutes(6);
    private static final int FILES = 4;
    private static final long CONTENT_BYTES = 2_000_000_000;

    @TempDir
    Path directory;

    @Test
    void uploads_four_2_gb_files_at_once_in_a_128_mb_heap() throws IOException {
        // given
        CountDownLatch allUnderWay = new CountDownLatch(FILES);
        try (SimulatedLinode linode = SimulatedLinode.start(SimulatorOptions.forTests());
                DaemonProcess daemon = DaemonProcess.in(directory, linode)
                        .jvm("-Xmx128m")
                        .jvm("-XX:TieredStopAtLevel=4") // hashes 8 GB, so use both compilers as in production
                        .set("imageferry.upload.concurrency", Integer.toString(FILES))
                        .set("imageferry.check.concurrency", Integer.toString(FILES))
                        // the first uploads wait until the last file is checked
                        .set("imageferry.upload.stall-timeout", LIMIT.toSeconds() + "s")
                        .start()) {
            linode.onRequest(RequestListener.onPutBytes(1_000_000, put -> {
                allUnderWay.countDown();
                awaitAll(allUnderWay);
            }));
            Path made = directory.resolve("made");
            CraftedGzip.storedHoles(made, CONTENT_BYTES);
            assertThat(Files.size(made)).isGreaterThan(CONTENT_BYTES);

            // when
            for (int i = 0; i < FILES; i++) {
                // hard links to one file, because deleting four files with 30,000 extents each is slow on a file
                // system that discards blocks
                Files.createLink(daemon.dropFolder().resolve("large-" + i + ".img.gz"), made);
            }
            daemon.awaitArchived(FILES, LIMIT);

            // then
            assertThat(daemon.jobs())
                    .hasSize(FILES)
                    .allSatisfy(job -> assertThat(job.get("state").asText()).isEqualTo("AVAILABLE"));
            assertThat(linode.mostConcurrentPuts()).isEqualTo(FILES);
            assertThat(linode.images())
                    .extracting(SimulatedImage::label)
                    .containsExactlyInAnyOrder("large-0", "large-1", "large-2", "large-3");
            for (SimulatedImage image : linode.images()) {
                assertThat(image.bytes()).isEqualTo(Files.size(made));
                assertThat(daemon.job(image.label() + ".img.gz").get("sha256").asText())
                        .isEqualTo(image.sha256OrNull());
            }
            assertThat(daemon.log()).doesNotContain("OutOfMemoryError");
        }
    }

    private static void awaitAll(CountDownLatch latch) {
        try {
            if (!latch.await(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                throw new AssertionError("only " + (FILES - latch.getCount()) + " concurrent uploads");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
