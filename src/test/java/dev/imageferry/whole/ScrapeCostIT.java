package dev.imageferry.whole;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.bench.BenchReport;
import dev.imageferry.bench.Figures;
import dev.imageferry.bench.Row;
import dev.imageferry.queue.Backlog;
import dev.imageferry.simulator.SimulatedLinode;
import dev.imageferry.simulator.SimulatorOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Measures a scrape with many jobs in the table: {@code ./mvnw verify -Pbench -Dit.test=ScrapeCostIT}. Default: {@code -Dbench.scrape.jobs=1000000}. */
@Tag("bench")
class ScrapeCostIT {
    private static final int JOBS = Integer.getInteger("bench.scrape.jobs", 1_000_000);
    private static final int SCRAPES = 300;

    @TempDir
    Path directory;

    @Test
    void measures_a_scrape_with_and_without_a_million_jobs() throws Exception {
        BenchReport.measure("Metrics", section -> {
            section.about("Median of %d scrapes of /q/metrics.".formatted(SCRAPES));
            try (SimulatedLinode linode = SimulatedLinode.start(SimulatorOptions.forTests());
                    DaemonProcess daemon = DaemonProcess.in(directory, linode)
                            .jvm("-XX:TieredStopAtLevel=4")
                            .start()) {
                milliseconds(daemon); // warm-up
                double none = milliseconds(daemon);
                EmbeddedServer server = new EmbeddedServer(directory);
                assertThat(server.execute(Backlog.sql(JOBS, 0))).isEqualTo(JOBS);
                server.execute("ANALYZE job");
                section.row(Row.of("Scrape with %,d jobs".formatted(JOBS), milliseconds(daemon), "ms")
                        .beside("with none", none));
            }
        });
    }

    private static double milliseconds(DaemonProcess daemon) {
        List<Double> taken = new ArrayList<>();
        for (int i = 0; i < SCRAPES; i++) {
            long start = System.nanoTime();
            assertThat(daemon.get("/q/metrics").statusCode()).isEqualTo(200);
            taken.add((System.nanoTime() - start) / 1e6);
        }
        return Figures.median(taken);
    }
}
