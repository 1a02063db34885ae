package dev.imageferry.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.job.JobState;
import dev.imageferry.queue.JobFilter;
import dev.imageferry.web.RealQueue;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import jakarta.enterprise.inject.Alternative;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.Test;

/** The whole daemon while its wall clock is set back. */
@QuarkusTest
@TestProfile(SetBackClockTest.Profile.class)
@QuarkusTestResource(value = RealQueue.class, restrictToAnnotatedClass = true)
@SuppressWarnings("NullAway.Init") // Quarkus sets the fields
class SetBackClockTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    /** Uses its own port and clock. */
    public static final class Profile implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of("quarkus.http.test-port", "0");
        }

        @Override
        public Set<Class<?>> getEnabledAlternatives() {
            return Set.of(WallClock.class);
        }
    }

    /** A wall clock that continues from the value to which it is set. */
    @Alternative
    @Singleton
    public static final class WallClock implements InstantSource {
        private volatile Duration offset = Duration.ZERO;

        @Override
        public Instant instant() {
            return InstantSource.system().instant().plus(offset);
        }

        void set(Duration newOffset) {
            offset = newOffset;
        }
    }

    @Inject
    Daemon daemon;

    @Inject
    QueueView queue;

    @Inject
    WallClock clock;

    @Inject
    MeterRegistry meters;

    @ConfigProperty(name = "imageferry.drop.directory")
    Path folder;

    @Test
    void scans_probes_and_settling_continue_when_the_clock_is_set_back() throws Exception {
        daemon.start();
        until(queue::isStarted);
        until(() -> probes() > 0);
        clock.set(Duration.ofHours(-1));
        long probesBefore = probes();
        Instant setBack = clock.instant();

        Files.writeString(folder.resolve("later.img.gz"), "no gzip");

        until(() -> queue
                .list(new JobFilter(
                        Set.of(JobState.REJECTED),
                        Set.of(),
                        null,
                        null,
                        null,
                        null,
                        null,
                        JobFilter.Order.OLDEST,
                        1,
                        null))
                .items()
                .stream()
                .anyMatch(job -> job.file().equals("later.img.gz")));
        until(() -> probes() >= probesBefore + 2);
        Instant lastWalk = daemon.service().orElseThrow().intake().seen().atOrNull();
        assertThat(lastWalk).isBetween(setBack, clock.instant());
        assertThat(queue.walksStandstill()).isEmpty();
    }

    /** The number of failed probes, because Linode is unreachable. */
    private long probes() {
        return meters.find("imageferry_linode_request").tag("status", "none").timers().stream()
                .mapToLong(Timer::count)
                .sum();
    }

    private static void until(BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            Thread.sleep(20);
        }
    }
}
