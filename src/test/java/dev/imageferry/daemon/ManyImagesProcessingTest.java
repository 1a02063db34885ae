package dev.imageferry.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.SettableClock;
import dev.imageferry.job.DroppedFile;
import dev.imageferry.job.FileFingerprint;
import dev.imageferry.job.ImageMetadata;
import dev.imageferry.job.Job;
import dev.imageferry.job.JobState;
import dev.imageferry.queue.NewJob;
import dev.imageferry.simulator.Operation;
import dev.imageferry.simulator.RecordedRequest;
import dev.imageferry.simulator.SimulatedLinode;
import dev.imageferry.simulator.SimulatorOptions;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Polling 1,000 images within the rate limits that Linode documents, by a settable clock. */
@SuppressWarnings("NullAway.Init") // JUnit sets the fields
class ManyImagesProcessingTest {
    private static final int IMAGES = 1000;
    private static final Duration ROUND = Duration.ofSeconds(2);
    private static final Duration MAX_DELAY = Duration.ofSeconds(30);

    @TempDir
    Path root;

    private final SettableClock service = new SettableClock(Instant.now());
    private final HttpClient http = HttpClient.newHttpClient();
    private final Map<String, Instant> availableAt = new HashMap<>();
    private final Map<String, Instant> noticedAt = new HashMap<>();
    private SimulatedLinode linode;
    private Pipeline pipeline;
    private Pipeline.Daemon daemon;
    private Instant start;
    private long passedNanos;

    @BeforeEach
    void start_with_images_that_wait_for_their_bytes() throws Exception {
        linode = SimulatedLinode.start(Scenario.options(SimulatorOptions.forTests())
                .withClock(service)
                .withRateLimits(SimulatorOptions.RateLimitValues.OF_LINODE));
        pipeline = new Pipeline(linode, root).withRatesByClock();
        daemon = pipeline.start();
        List<String> ids = new ArrayList<>();
        for (int number = 0; number < IMAGES; number++) {
            create(number);
        }
        linode.images().forEach(image -> ids.add(image.id()));
        for (int number = 0; number < IMAGES; number++) {
            String name = "image-%03d.img.gz".formatted(number);
            FileFingerprint file = FileFingerprint.of(pipeline.drop(name, Scenario.gzip(new byte[] {1})));
            pipeline.queue()
                    .offers()
                    .offer(new NewJob(
                            daemon.service().folder().id(),
                            new DroppedFile(name, file),
                            new ImageMetadata("image", "", "us-ord", List.of(), false, List.of(), 0),
                            false));
        }
        pipeline.queue()
                .execute(
                        "UPDATE job SET state = 'PROCESSING', attempt = 1, uncompressed_bytes = 1, sha256 = repeat('a', 64),"
                                + " md5 = repeat('a', 32), crc32c = 1, contents ="
                                + " '{\"partitionTable\":\"none\",\"partitions\":[],\"warnings\":[]}',"
                                + " image_number = 1, image_id = (?::text[])[1 + substring(file FROM '\\d+')::int],"
                                + " image_status = 'pending_upload', all_bytes_sent_at = now(),"
                                + " state_since = now() - interval '5 minutes',"
                                + " next_run_at = now() + make_interval(secs => substring(file FROM '\\d+')::int % 30)",
                        (Object) ids.toArray(String[]::new));
        passedNanos = System.nanoTime();
        pass(Duration.ofMinutes(2)); // the calls that created the images no longer count
        pipeline.queue().execute("UPDATE job SET next_run_at = next_run_at + interval '2 minutes'");
        start = service.instant();
    }

    @AfterEach
    void stop() {
        linode.close();
    }

    private void create(int number) throws Exception {
        HttpResponse<String> created = http.send(
                HttpRequest.newBuilder(linode.uri().resolve("/v4/images/upload"))
                        .header("Authorization", "Bearer " + linode.token())
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(
                                "{\"label\":\"image-%d\",\"region\":\"us-ord\"}".formatted(number)))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(created.statusCode()).as(created.body()).isEqualTo(200);
    }

    /** Moves all clocks. Pauses are measured by the clock of the database, which has moved a little by itself. */
    private void pass(Duration duration) {
        Duration real = Duration.ofNanos(System.nanoTime() - passedNanos);
        passedNanos += real.toNanos();
        service.advance(duration);
        pipeline.pass(duration.minus(real));
        pipeline.clock().advance(real);
    }

    /** Sends the bytes of an image, so that it is available at once. */
    private void makeAvailable(int index) throws Exception {
        String id = linode.images().get(index).id();
        URI address = linode.uploadAddresses().get(index);
        HttpResponse<String> stored = http.send(
                HttpRequest.newBuilder(address)
                        .header("Content-Type", "application/octet-stream")
                        .PUT(HttpRequest.BodyPublishers.ofByteArray(Scenario.gzip(new byte[] {1})))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(stored.statusCode()).as(stored.body()).isEqualTo(200);
        linode.await(now -> now.images().get(index).isAvailable(), Duration.ofSeconds(20));
        availableAt.put(id, service.instant());
    }

    private void runDue() {
        while (pipeline.queue().count("state = 'PROCESSING' AND next_run_at <= now()") > 0) {
            daemon.service().dispatcher().dispatch();
        }
        for (Job job : pipeline.jobs()) {
            if (job.state() == JobState.AVAILABLE) {
                noticedAt.putIfAbsent(job.image().idOrNull(), service.instant());
            }
        }
    }

    @Test
    void polls_stay_within_the_limits_and_notice_each_available_image_in_time() throws Exception {
        Duration passed = Duration.ZERO;
        for (int round = 0; passed.compareTo(Duration.ofSeconds(92)) < 0; round++) {
            if (passed.compareTo(Duration.ofSeconds(60)) < 0) {
                makeAvailable(round * 23);
            }
            runDue();
            pass(ROUND);
            passed = passed.plus(ROUND);
        }

        List<RecordedRequest> requests = linode.requests().stream()
                .filter(request -> !request.at().isBefore(start))
                .toList();
        assertThat(requests).extracting(RecordedRequest::status).doesNotContain(429);
        for (int second = 0; second <= 30; second += 10) {
            Instant from = start.plusSeconds(second);
            Map<Operation, Integer> calls = new HashMap<>();
            requests.stream()
                    .filter(request ->
                            !request.at().isBefore(from) && request.at().isBefore(from.plusSeconds(60)))
                    .forEach(request -> calls.merge(request.operation(), 1, Integer::sum));
            assertThat(calls.getOrDefault(Operation.GET_IMAGE, 0))
                    .as("%s", calls)
                    .isLessThanOrEqualTo(850);
            assertThat(calls.getOrDefault(Operation.LIST, 0)).as("%s", calls).isLessThanOrEqualTo(15);
            assertThat(calls.getOrDefault(Operation.EVENTS, 0)).as("%s", calls).isLessThanOrEqualTo(100);
        }
        assertThat(noticedAt.keySet()).containsExactlyInAnyOrderElementsOf(availableAt.keySet());
        availableAt.forEach((id, since) -> assertThat(Duration.between(since, noticedAt.get(id)))
                .as(id)
                .isLessThanOrEqualTo(MAX_DELAY.plus(ROUND)));
    }
}
