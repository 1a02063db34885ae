package dev.imageferry.whole;

import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.imageferry.RealTools;
import dev.imageferry.simulator.Answer;
import dev.imageferry.simulator.Effect;
import dev.imageferry.simulator.Fault;
import dev.imageferry.simulator.Operation;
import dev.imageferry.simulator.RecordedRequest;
import dev.imageferry.simulator.SimulatedLinode;
import dev.imageferry.simulator.SimulatorOptions;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Metrics of a daemon with successful and failing uploads, scraped by Prometheus. */
@Tag("exhaustive")
class MetricsIT {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final int FILES = 7;
    private static final int AVAILABLE = 4;

    /** Comparisons get {@code bool}, so that they return a sample even if they are false. */
    private static final String COMPARISON = "(==|>=|<=|>|<) ";

    @TempDir
    Path directory;

    @Test
    void every_expression_returns_data_and_the_counts_equal_the_simulators() throws Exception {
        // given
        RealTools.require("prometheus", "promtool");
        try (SimulatedLinode linode = SimulatedLinode.start(SimulatorOptions.forTests());
                DaemonProcess daemon = DaemonProcess.in(Files.createDirectory(directory.resolve("home")), linode)
                        .set("quarkus.log.console.json.enabled", "true")
                        .start();
                Prometheus prometheus = Prometheus.watching(daemon.address(), directory)) {
            daemon.await("Prometheus", LIMIT, prometheus::isReady);
            daemon.await("the first scrape", LIMIT, () -> prometheus.value("up{job=\"imageferry\"}") == 1);
            assertThat(prometheus.query("imageferry_jobs_finished_total"))
                    .as("all series exist from the start with the value 0")
                    .hasSizeGreaterThan(20)
                    .allMatch(series -> series.at("/value/1").asText().equals("0"));

            // when
            linode.script(Fault.answer(Operation.CREATE, Answer.badGateway()).forLabel("create-fails"));
            linode.script(Fault.answer(Operation.PUT_OBJECT, Answer.bucketError(500, "InternalError"))
                    .forLabel("put-fails")
                    .times(2));
            linode.script(Fault.onPut(new Effect.WrongETag("00000000000000000000000000000000"))
                    .forLabel("corrupted"));
            linode.script(Fault.processingFails("Failed to decompress image").forLabel("unpacking-fails"));
            for (String name : List.of("good", "create-fails", "put-fails", "corrupted", "unpacking-fails")) {
                drop(daemon, name, 40_000);
            }
            Files.writeString(daemon.dropFolder().resolve("no-gzip.img.gz"), "text");
            Files.writeString(daemon.dropFolder().resolve("bad-sidecar.img.gz.yaml"), "colour: red\n");
            drop(daemon, "bad-sidecar", 10_000);
            daemon.awaitArchived(FILES, LIMIT);
            daemon.await(
                    "the last outcome in Prometheus",
                    LIMIT,
                    () -> prometheus.value("sum(imageferry_jobs_finished_total)") == FILES
                            && prometheus.value("job:imageferry_jobs_finished:increase1h") > 0
                            && prometheus.value("max(imageferry_jobs{state=\"AVAILABLE\"})") == AVAILABLE
                            && prometheus.value("count(job:imageferry_jobs_open:max == 0)") == 1);

            // then
            assertCountsEqualTheSimulators(prometheus, linode);
            assertEveryExpressionReturnsData(prometheus);
            assertPromtoolAcceptsMetrics(daemon);
            assertThat(daemon.get("/q/metrics").body())
                    .contains("jvm_memory_used_bytes", "agroal_active_count", "http_server_requests_seconds_count")
                    .doesNotContain("no-gzip", "put-fails", linode.token());
            assertLogLinesOfJobsHaveTheirId(daemon.log());
        }
    }

    private void drop(DaemonProcess daemon, String name, int bytes) throws IOException {
        Path made = DiskImages.ext4(directory.resolve(name + ".made"), bytes, name.hashCode());
        Files.move(made, daemon.dropFolder().resolve(name + ".img.gz"));
    }

    /** Compares raw values, because increase() extrapolates. */
    private static void assertCountsEqualTheSimulators(Prometheus prometheus, SimulatedLinode linode) {
        List<RecordedRequest> puts = linode.requests(Operation.PUT_OBJECT);
        long received = puts.stream().mapToLong(RecordedRequest::bodyBytes).sum();
        // the PUT with the wrong ETag got a 200, but the daemon deleted the image
        long delivered = puts.stream()
                .filter(put -> put.status() == 200 && !wasCorrupted(put, puts))
                .mapToLong(RecordedRequest::bodyBytes)
                .sum();
        assertThat(puts).hasSize(8);
        assertThat(prometheus.value("sum(imageferry_sent_bytes_total)")).isEqualTo((double) received);
        assertThat(prometheus.value("sum(imageferry_uploaded_bytes_total)")).isEqualTo((double) delivered);
        assertThat(prometheus.value("sum(imageferry_wasted_bytes_total)")).isEqualTo((double) (received - delivered));
        for (Map.Entry<String, Operation> calls :
                Map.of("create", Operation.CREATE, "put", Operation.PUT_OBJECT).entrySet()) {
            Map<Integer, Long> byStatus =
                    linode.requests(calls.getValue()).stream().collect(groupingBy(RecordedRequest::status, counting()));
            byStatus.forEach((status, count) -> assertThat(prometheus.value(
                            "sum(imageferry_linode_request_seconds_count{operation=\"%s\",status=\"%d\"})"
                                    .formatted(calls.getKey(), status)))
                    .as("%s %d", calls.getKey(), status)
                    .isEqualTo((double) count));
            assertThat(prometheus.value(
                            "sum(imageferry_linode_request_seconds_count{operation=\"%s\"})".formatted(calls.getKey())))
                    .isEqualTo(linode.requests(calls.getValue()).size());
        }
        Map<String, Double> outcomes = new HashMap<>();
        prometheus
                .query("sum by (outcome, code) (imageferry_jobs_finished_total) > 0")
                .forEach(series -> outcomes.put(
                        series.at("/metric/outcome").asText() + " "
                                + series.at("/metric/code").asText(),
                        series.at("/value/1").asDouble()));
        assertThat(outcomes)
                .containsExactlyInAnyOrderEntriesOf(Map.of(
                        "AVAILABLE ", (double) AVAILABLE,
                        "FAILED processing-failed", 1.0,
                        "REJECTED not-gzip", 1.0,
                        "REJECTED bad-metadata", 1.0));
        assertThat(linode.images()).as("the gauge shows as many").hasSize(AVAILABLE);
    }

    /** Whether this is the first of the two accepted PUTs of the corrupted image. */
    private static boolean wasCorrupted(RecordedRequest put, List<RecordedRequest> puts) {
        return "corrupted".equals(put.labelOrNull())
                && puts.stream()
                        .anyMatch(
                                later -> "corrupted".equals(later.labelOrNull()) && later.sequence() > put.sequence());
    }

    private static void assertEveryExpressionReturnsData(Prometheus prometheus) {
        List<String> without = new ArrayList<>();
        int queries = 0;
        for (JsonNode panel : Watching.panels()) {
            for (JsonNode target : Watching.targets(panel)) {
                queries += query(
                        prometheus,
                        target.get("expr")
                                .asText()
                                .replace("$__rate_interval", "1m")
                                .replace("$__interval", "1m")
                                .replace("$__range", "1h")
                                .replace("$instance", ".*"),
                        panel.get("title").asText(),
                        without);
            }
        }
        for (Watching.Rule rule : Watching.rules()) {
            for (String part : rule.isAlert() ? parts(rule.expression()) : List.of(rule.expression())) {
                queries += query(prometheus, part, rule.name(), without);
            }
        }
        assertThat(queries).isGreaterThan(60);
        assertThat(without).as("without data").isEmpty();
    }

    private static int query(Prometheus prometheus, String expression, String where, List<String> without) {
        if (prometheus.query(expression).isEmpty()) {
            without.add(where + ": " + expression);
        }
        return 1;
    }

    /** The parts of an alert expression. Each must return data, although the alert itself does not fire. */
    private static List<String> parts(String expression) {
        List<String> parts = new ArrayList<>();
        for (String part : expression.split("\\b(?:and|unless)\\b(?: on \\([a-z, ]*\\))?", -1)) {
            String plain = part.strip();
            if (plain.startsWith("absent(")) {
                plain = plain.substring("absent(".length(), plain.length() - 1);
            }
            parts.add(plain.replaceAll(COMPARISON, "$1 bool "));
        }
        return parts;
    }

    /** Checks our metrics only. promtool reads the plain text format, but the default is OpenMetrics. */
    private static void assertPromtoolAcceptsMetrics(DaemonProcess daemon) throws Exception {
        String exposition = daemon.send(HttpRequest.newBuilder(daemon.address().resolve("/q/metrics"))
                        .header("Accept", "text/plain;version=0.0.4")
                        .build())
                .body()
                .lines()
                .filter(line -> line.startsWith("imageferry_") || line.matches("# (HELP|TYPE) imageferry_.*"))
                .collect(joining("\n", "", "\n"));
        Process promtool = new ProcessBuilder(RealTools.find("promtool").toString(), "check", "metrics")
                .redirectErrorStream(true)
                .start();
        promtool.getOutputStream().write(exposition.getBytes(StandardCharsets.UTF_8));
        promtool.getOutputStream().close();
        String output = new String(promtool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(promtool.waitFor()).as(output).isZero();
        assertThat(output).isEmpty();
        assertThat(exposition.lines().filter(line -> line.startsWith("# HELP imageferry_")))
                .hasSizeGreaterThan(25)
                .allMatch(line -> line.split(" ", 4)[3].length() > 20);
    }

    private static void assertLogLinesOfJobsHaveTheirId(String log) throws IOException {
        ObjectMapper json = new ObjectMapper();
        int marked = 0;
        for (String line : log.lines().toList()) {
            JsonNode entry = json.readTree(line);
            String message = entry.get("message").asText();
            int at = message.indexOf("job=");
            if (at >= 0) {
                String id = message.substring(at + 4).split(" ", 2)[0];
                assertThat(entry.at("/mdc/job").asText()).as(line).isEqualTo(id);
                marked++;
            }
        }
        assertThat(marked).isGreaterThan(FILES * 3);
    }

    @Test
    void bytes_sent_by_a_killed_daemon_count_as_wasted() throws Exception {
        // given
        try (SimulatedLinode linode = SimulatedLinode.start(SimulatorOptions.forTests());
                DaemonProcess daemon = DaemonProcess.in(Files.createDirectory(directory.resolve("home")), linode)
                        .set("imageferry.upload.bandwidth", "400K")
                        .start()) {
            drop(daemon, "killed", 3 << 20);
            linode.await(
                    at -> at.requests(Operation.PUT_OBJECT).stream().anyMatch(put -> put.bodyBytes() > 1 << 20), LIMIT);

            // when
            daemon.kill();
            daemon.start();
            JsonNode job = daemon.awaitArchived(1, LIMIT).getFirst();

            // then
            long size = job.get("compressedBytes").asLong();
            long received = linode.requests(Operation.PUT_OBJECT).stream()
                    .mapToLong(RecordedRequest::bodyBytes)
                    .sum();
            JsonNode totals = daemon.json("/api/v1/summary").get("totals");
            assertThat(job.get("state").asText()).isEqualTo("AVAILABLE");
            assertThat(totals.get("deliveredBytes").asLong()).isEqualTo(size);
            // progress is recorded once per second, so the last bytes before the kill are not counted
            assertThat(totals.get("wastedBytes").asLong())
                    .isBetween(received - size - 3 * 400 * 1024, received - size + 256 * 1024)
                    .isPositive();
        }
    }
}
