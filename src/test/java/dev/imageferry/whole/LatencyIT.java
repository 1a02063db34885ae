package dev.imageferry.whole;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.bench.Aim;
import dev.imageferry.bench.BenchReport;
import dev.imageferry.bench.Figures;
import dev.imageferry.bench.Row;
import dev.imageferry.bench.Section;
import dev.imageferry.queue.Backlog;
import dev.imageferry.simulator.SimulatedLinode;
import dev.imageferry.simulator.SimulatorOptions;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Measures the latency of page, lists and summary with 100,000 ended and 1,000 open jobs. To run it:
 * {@code ./mvnw verify -Pbench -Dit.test=LatencyIT}. Default: {@code -Dbench.latency.requests=400}.
 */
@Tag("bench")
class LatencyIT {
    private static final int REQUESTS = Integer.getInteger("bench.latency.requests", 400);
    private static final int WARM_UP = REQUESTS / 2;
    private static final double MOST_MILLISECONDS = 50;

    /** No index supports this wildcard, so it searches 11,000 rows. */
    private static final String UNINDEXED = "&file=*a*";

    private static final double MOST_MILLISECONDS_UNINDEXED = 150;
    private static final List<String> INDEXED = List.of(
            "",
            "&state=AVAILABLE",
            "&state=FAILED,REJECTED,READY",
            "&file=file-0000077.img.gz",
            "&file=file-00077*",
            "&file=*77777.img.gz",
            "&label=label-4*",
            "&label=*l-999*");

    @TempDir
    Path directory;

    private final HttpClient client = HttpClient.newHttpClient();

    @Test
    void reports_the_99th_percentile_of_every_read() throws Exception {
        BenchReport.measure("REST and page", section -> {
            section.about(
                    "99th percentile of %d requests with 100,000 ended and 1,000 open jobs; the slowest of each group."
                            .formatted(REQUESTS));
            try (SimulatedLinode linode = SimulatedLinode.start(SimulatorOptions.forTests());
                    DaemonProcess daemon = DaemonProcess.in(directory, linode)
                            .jvm("-XX:TieredStopAtLevel=4")
                            .start()) {
                EmbeddedServer server = new EmbeddedServer(directory);
                server.execute(Backlog.sql(100_000, 1_000));
                server.execute("ANALYZE job");
                row(section, daemon, "Status page", MOST_MILLISECONDS, List.of("/"));
                row(section, daemon, "GET /api/v1/summary", MOST_MILLISECONDS, List.of("/api/v1/summary"));
                row(section, daemon, "GET /api/v1/jobs with an index", MOST_MILLISECONDS, lists(INDEXED));
                row(
                        section,
                        daemon,
                        "GET /api/v1/jobs without an index",
                        MOST_MILLISECONDS_UNINDEXED,
                        lists(List.of(UNINDEXED)));
            }
        });
    }

    private void row(Section section, DaemonProcess daemon, String what, double most, List<String> paths)
            throws Exception {
        double slowest = 0;
        String path = "";
        for (String each : paths) {
            double milliseconds = percentile(daemon.address().resolve(each));
            if (milliseconds > slowest) {
                slowest = milliseconds;
                path = each;
            }
        }
        section.row(Row.of(paths.size() == 1 ? what : "%s (%s)".formatted(what, path), slowest, "ms")
                .aim(Aim.atMost(most)));
    }

    private static List<String> lists(List<String> filters) {
        return Stream.of("newest", "oldest", "priority")
                .flatMap(order -> filters.stream().map(filter -> "/api/v1/jobs?order=" + order + filter))
                .toList();
    }

    private double percentile(URI address) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(address).build();
        List<Double> milliseconds = new ArrayList<>();
        for (int i = -WARM_UP; i < REQUESTS; i++) {
            long start = System.nanoTime();
            HttpResponse<String> answer = client.send(request, BodyHandlers.ofString());
            if (i >= 0) {
                milliseconds.add((System.nanoTime() - start) / 1e6);
            }
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        }
        return Figures.percentile(milliseconds, 0.99);
    }
}
