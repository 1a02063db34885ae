package dev.imageferry.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.SettableClock;
import dev.imageferry.job.CheckedImage;
import dev.imageferry.job.DiskContents;
import dev.imageferry.job.FileFingerprint;
import dev.imageferry.job.UploadUrl;
import dev.imageferry.linode.Bandwidth;
import dev.imageferry.linode.Bucket;
import dev.imageferry.linode.PutCall;
import dev.imageferry.linode.PutResult;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.zip.CRC32C;
import mockwebserver3.MockResponse;
import mockwebserver3.MockWebServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class BandwidthShareTest {
    private static final String OFFICE = "Mon-08:00,64K Mon-18:00,off";
    private static final Instant MONDAY = Instant.parse("2026-11-30T00:00:00Z");

    private final SettableClock clock = new SettableClock(MONDAY.plus(Duration.ofHours(7)));
    private final Bandwidth bandwidth = new Bandwidth();

    private record Upload(String bandwidth, Optional<String> timeZone) implements UploadSettings {
        @Override
        public int concurrency() {
            return 4;
        }

        @Override
        public Duration stallTimeout() {
            return Duration.ofMinutes(1);
        }

        @Override
        public Duration answerTimeout() {
            return Duration.ofMinutes(1);
        }
    }

    private BandwidthShare share(String setting) {
        return new BandwidthShare(bandwidth, new Upload(setting, Optional.of("Europe/Berlin")), clock);
    }

    @Test
    void applies_the_limit_of_the_timetable_in_its_zone() {
        BandwidthShare share = share(OFFICE);
        assertThat(bandwidth.limit()).isEqualTo(64 * 1024);

        clock.advance(Duration.ofHours(10).minusSeconds(1));
        share.apply(null, 0, 0);
        assertThat(bandwidth.limit()).isEqualTo(64 * 1024);

        clock.advance(Duration.ofSeconds(1)); // 18:00 in Berlin
        share.apply(null, 0, 0);
        assertThat(bandwidth.limit()).isZero();
    }

    @Test
    void divides_the_limit_of_a_timetable_that_was_set_live() {
        BandwidthShare share = share("off");

        share.apply("08:00,100 18:00,10", 4, 1);

        assertThat(bandwidth.limit()).isEqualTo(25);
        assertThat(share.now("08:00,100 18:00,10"))
                .isEqualTo(
                        new QueueBandwidth("100", new QueueBandwidth.Change(MONDAY.plus(Duration.ofHours(17)), "10")));
        assertThat(share.now(null)).isEqualTo(new QueueBandwidth("off", null));
    }

    @Test
    void follows_the_timetable_without_the_database() {
        BandwidthShare share = share("off");
        share.apply("08:00,100 18:00,10", 4, 1);

        clock.advance(Duration.ofHours(10));
        share.applyTimetable();

        assertThat(bandwidth.limit()).isEqualTo(3);
    }

    @Test
    @Timeout(60)
    void changes_the_limit_of_a_running_put(@TempDir Path directory) throws Exception {
        BandwidthShare share = share(OFFICE);
        byte[] bytes = new byte[64 * 1024 * 1024]; // 17 minutes at the first limit
        Path file = Files.write(directory.resolve("a.img.gz"), bytes);
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        CheckedImage checked = new CheckedImage(
                bytes.length,
                bytes.length,
                "0".repeat(64),
                "0".repeat(32),
                (int) crc.getValue(),
                new DiskContents(null, null, null, "none", List.of(), List.of()));
        CountDownLatch sending = new CountDownLatch(1);
        try (MockWebServer server = new MockWebServer()) {
            server.start();
            server.enqueue(new MockResponse.Builder().code(200).build());
            PutCall call = new Bucket(
                            "test",
                            Duration.ofMinutes(1),
                            Duration.ofMinutes(1),
                            bandwidth,
                            clock,
                            new SimpleMeterRegistry())
                    .start(
                            new UploadUrl("http://127.0.0.1:" + server.getPort() + "/image"),
                            file,
                            checked,
                            FileFingerprint.of(file),
                            () -> true,
                            total -> sending.countDown());
            sending.await();

            clock.advance(Duration.ofHours(10));
            share.applyTimetable();

            assertThat(call.await()).isInstanceOf(PutResult.Stored.class);
        }
    }
}
