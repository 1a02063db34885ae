package dev.imageferry.whole;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.queue.Backlog;
import dev.imageferry.simulator.SimulatedLinode;
import dev.imageferry.simulator.SimulatorOptions;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Measures a scrape with 1,000,000 jobs in the table: {@code ./mvnw clean verify -Pbench -Dit.test=ScrapeCostIT}. */
@Tag("bench")
class ScrapeCostIT {
    private static final int JOBS = 1_000_000;
    private static final int SCRAPES = 300;

    @TempDir
    Path directory;

    @Test
    void measures_a_scrape_with_and_without_a_million_jobs() {
        try (SimulatedLinode linode = SimulatedLinode.start(SimulatorOptions.forTests());
                DaemonProcess daemon = DaemonProcess.in(directory, linode)
                        .jvm("-XX:TieredStopAtLevel=4")
                        .start()) {
            // given
            milliseconds(daemon); // warm-up
            double none = milliseconds(daemon);

            // when
            EmbeddedServer server = new EmbeddedServer(directory);
            assertThat(server.execute(Backlog.sql(JOBS, 0))).isEqualTo(JOBS);
            server.execute("ANALYZE job");
            double million = milliseconds(daemon);

            // then
            System.out.printf(
                    "%nA scrape (median of %d): %.1f ms without jobs, %.1f ms with %,d jobs: factor %.2f%n",
                    SCRAPES, none, million, JOBS, million / none);
        }
    }

    private static double milliseconds(DaemonProcess daemon) {
        double[] taken = new double[SCRAPES];
        for (int i = 0; i < SCRAPES; i++) {
            long start = System.nanoTime();
            assertThat(daemon.get("/q/metrics").statusCode()).isEqualTo(200);
            taken[i] = (System.nanoTime() - start) / 1e6;
        }
        Arrays.sort(taken);
        return taken[SCRAPES / 2];
    }
}
