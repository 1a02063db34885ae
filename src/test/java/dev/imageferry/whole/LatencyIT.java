package dev.imageferry.whole;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Measures the latency of page, lists and summary with 100,000 ended and 1,000 open jobs. To run it:
 * {@code ./mvnw clean verify -Pbench -Dit.test=LatencyIT}.
 */
@Tag("bench")
class LatencyIT {
    private static final int WARM_UP = 200;
    private static final int REQUESTS = 400;
    private static final double MOST_MILLISECONDS = 50;

    /** No index supports this wildcard, so it searches 11,000 rows. */
    private static final String UNINDEXED = "&file=*a*";

    private static final double MOST_MILLISECONDS_UNINDEXED = 150;

    @TempDir
    Path directory;

    private final HttpClient client = HttpClient.newHttpClient();

    @Test
    void reports_the_99th_percentile_of_every_read() throws Exception {
        // given
        try (SimulatedLinode linode = SimulatedLinode.start(SimulatorOptions.forTests());
                DaemonProcess daemon = DaemonProcess.in(directory, linode)
                        .jvm("-XX:TieredStopAtLevel=4")
                        .start()) {
            EmbeddedServer server = new EmbeddedServer(directory);
            server.execute(Backlog.sql(100_000, 1_000));
            server.execute("ANALYZE job");

            // when
            Map<String, Double> percentiles = new LinkedHashMap<>();
            for (String path : paths()) {
                percentiles.put(path, percentile(daemon.address().resolve(path)));
            }

            // then
            System.out.printf("%nWith 100,000 ended and 1,000 open jobs; 99th percentile of %d requests%n", REQUESTS);
            percentiles.forEach((path, milliseconds) -> System.out.printf("%8.1f ms  %s%n", milliseconds, path));
            assertThat(percentiles)
                    .allSatisfy((path, milliseconds) -> assertThat(milliseconds)
                            .as(path)
                            .isLessThan(path.endsWith(UNINDEXED) ? MOST_MILLISECONDS_UNINDEXED : MOST_MILLISECONDS));
        }
    }

    private static List<String> paths() {
        List<String> paths = new ArrayList<>(List.of("/", "/api/v1/summary"));
        for (String order : List.of("newest", "oldest", "priority")) {
            for (String filter : List.of(
                    "",
                    "&state=AVAILABLE",
                    "&state=FAILED,REJECTED,READY",
                    "&file=file-0000077.img.gz",
                    "&file=file-00077*",
                    "&file=*77777.img.gz",
                    UNINDEXED,
                    "&label=label-4*",
                    "&label=*l-999*")) {
                paths.add("/api/v1/jobs?order=" + order + filter);
            }
        }
        return paths;
    }

    private double percentile(URI address) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(address).build();
        double[] milliseconds = new double[REQUESTS];
        for (int i = -WARM_UP; i < REQUESTS; i++) {
            long start = System.nanoTime();
            HttpResponse<String> answer = client.send(request, BodyHandlers.ofString());
            if (i >= 0) {
                milliseconds[i] = (System.nanoTime() - start) / 1e6;
            }
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        }
        Arrays.sort(milliseconds);
        return milliseconds[REQUESTS * 99 / 100];
    }
}
