package dev.imageferry.whole;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.database.EmbeddedDatabase;
import dev.imageferry.queue.Backlog;
import dev.imageferry.simulator.Answer;
import dev.imageferry.simulator.Effect;
import dev.imageferry.simulator.Fault;
import dev.imageferry.simulator.Operation;
import dev.imageferry.simulator.RecordedRequest;
import dev.imageferry.simulator.SimulatedImage;
import dev.imageferry.simulator.SimulatedLinode;
import dev.imageferry.simulator.SimulatorOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Retry, cancel, priority, bandwidth, stream and uploads over the REST API of the packaged jar. */
@Tag("exhaustive")
class SteeringIT {
    private static final Duration LIMIT = Duration.ofMinutes(1);
    private static final int SLOWLY = 200_000;

    /** Enough clients to fill the heap if their events were kept. */
    private static final int STALLED_CLIENTS = 20;

    private static final int JOBS = 1_000;
    private static final int CHANGES = 30;

    @TempDir
    Path directory;

    private final AtomicInteger seeds = new AtomicInteger();
    private SimulatedLinode linode;
    private DaemonProcess daemon;

    @BeforeEach
    void open() throws IOException {
        linode = SimulatedLinode.start(SimulatorOptions.forTests());
        daemon = DaemonProcess.in(Files.createDirectory(directory.resolve("home")), linode)
                .set("imageferry.upload.concurrency", "1");
    }

    @AfterEach
    void close() {
        daemon.close();
        linode.close();
    }

    @Test
    void cancelling_an_upload_stops_it_and_leaves_nothing_at_linode() throws Exception {
        // given
        daemon.start();
        linode.script(Fault.onPut(new Effect.ReadSlowly(SLOWLY)).always());
        String hash = drop("running", 4 << 20);
        awaitBytes("running");

        // when
        assertThat(post("running.img.gz", "cancel").statusCode()).isEqualTo(200);

        // then
        JobStory story =
                JobStory.awaitArchived(daemon, "running.img.gz", 1, LIMIT).getFirst();
        assertThat(story.state()).isEqualTo("CANCELLED");
        assertThat(story.errorCode()).isEqualTo("cancelled");
        assertThat(story.details()).contains("cancellation requested by a user");
        assertThat(linode.images()).isEmpty();
        assertThat(puts("running")).extracting(RecordedRequest::stored).containsExactly(false);
        assertThat(DiskImages.sha256(daemon.dropFolder().resolve("failed/running.img.gz")))
                .isEqualTo(hash);
        assertThat(post("running.img.gz", "cancel").statusCode()).isEqualTo(409);
    }

    @Test
    void cancels_a_waiting_job_while_uploads_are_paused() throws Exception {
        daemon.start();
        assertThat(daemon.post("/api/v1/queue/pause").statusCode()).isEqualTo(204);
        drop("waiting", 20_000);
        awaitState("waiting.img.gz", "READY");

        assertThat(post("waiting.img.gz", "cancel").statusCode()).isEqualTo(200);

        JobStory story =
                JobStory.awaitArchived(daemon, "waiting.img.gz", 1, LIMIT).getFirst();
        assertThat(story.errorCode()).isEqualTo("cancelled");
        assertThat(linode.requests(Operation.CREATE)).isEmpty();
    }

    @Test
    void cancel_deletes_an_image_in_processing_and_keeps_one_in_replicating() throws Exception {
        // given
        daemon.start();
        linode.script(Fault.onProcessing(new Effect.ProcessingNeverEnds()));
        drop("unpacked", 20_000);
        awaitState("unpacked.img.gz", "PROCESSING");

        // when, then
        assertThat(post("unpacked.img.gz", "cancel").statusCode()).isEqualTo(200);
        JobStory.awaitArchived(daemon, "unpacked.img.gz", 1, LIMIT);
        assertThat(linode.images()).isEmpty();

        // given
        linode.script(
                Fault.answer(Operation.REPLICATE, Answer.error(503, "later")).always());
        Files.writeString(daemon.dropFolder().resolve("copied.img.gz.yaml"), "replicateTo: [us-iad]\n");
        drop("copied", 20_000);
        awaitState("copied.img.gz", "REPLICATING");

        // when, then
        assertThat(post("copied.img.gz", "cancel").statusCode()).isEqualTo(200);
        JobStory story =
                JobStory.awaitArchived(daemon, "copied.img.gz", 1, LIMIT).getFirst();
        assertThat(story.state()).isEqualTo("CANCELLED");
        assertThat(linode.images()).singleElement().matches(SimulatedImage::isAvailable);
        linode.clearFaults();

        // when: the retry only has to create the copies
        assertThat(post("copied.img.gz", "retry").statusCode()).isEqualTo(200);
        daemon.await(
                "the copy",
                LIMIT,
                () -> daemon.job("copied.img.gz").get("state").asText().equals("AVAILABLE"));
        assertThat(linode.everCreated()).hasSize(2);
        assertThat(puts("copied")).hasSize(1);
    }

    @Test
    void retry_resumes_a_failed_job_from_its_last_result() throws Exception {
        // given
        daemon.start();
        linode.script(Fault.answer(Operation.CREATE, Answer.error(400, "region is not for images")));
        String hash = drop("again", 20_000);
        assertThat(JobStory.awaitArchived(daemon, "again.img.gz", 1, LIMIT)
                        .getFirst()
                        .state())
                .isEqualTo("FAILED");

        // when
        HttpResponse<String> answer = post("again.img.gz", "retry");

        // then
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        JobStory story =
                JobStory.awaitArchived(daemon, "again.img.gz", 1, LIMIT).getFirst();
        assertThat(story.state()).isEqualTo("AVAILABLE");
        assertThat(story.history().stream().map(JobStory.Line::to).filter("CHECKING"::equals))
                .as("an unchanged file is not checked again")
                .hasSize(1);
        assertThat(linode.images()).singleElement().matches(image -> hash.equals(image.sha256OrNull()));
        assertThat(daemon.dropFolder().resolve("failed/again.img.gz.receipt.json"))
                .doesNotExist();
        assertThat(daemon.dropFolder().resolve("done/again.img.gz.receipt.json"))
                .exists();
        assertThat(post("again.img.gz", "retry").statusCode()).isEqualTo(409);
    }

    @Test
    void retry_checks_a_fixed_file_again() throws Exception {
        // given
        daemon.start();
        Files.writeString(daemon.dropFolder().resolve("fixed.img.gz.yaml"), "label: fixed\ncolour: red\n");
        drop("fixed", 20_000);
        assertThat(JobStory.awaitArchived(daemon, "fixed.img.gz", 1, LIMIT)
                        .getFirst()
                        .errorCode())
                .isEqualTo("bad-metadata");

        // when
        Files.writeString(daemon.dropFolder().resolve("failed/fixed.img.gz.yaml"), "label: fixed again\n");
        assertThat(post("fixed.img.gz", "retry").statusCode()).isEqualTo(200);

        // then
        assertThat(JobStory.awaitArchived(daemon, "fixed.img.gz", 1, LIMIT)
                        .getFirst()
                        .state())
                .isEqualTo("AVAILABLE");
        assertThat(linode.images())
                .singleElement()
                .matches(image -> image.label().equals("fixed again"));
    }

    @Test
    void retry_overwrites_no_file() throws Exception {
        // given
        daemon.start();
        assertThat(daemon.post("/api/v1/queue/pause").statusCode()).isEqualTo(204);
        drop("taken", 20_000);
        awaitState("taken.img.gz", "READY");
        post("taken.img.gz", "cancel");
        JobStory.awaitArchived(daemon, "taken.img.gz", 1, LIMIT);
        String id = daemon.job("taken.img.gz").get("id").asText();
        String other = drop("taken", 30_000);

        // when
        HttpResponse<String> answer = daemon.post("/api/v1/jobs/" + id + "/retry");

        // then
        assertThat(answer.statusCode()).isEqualTo(409);
        assertThat(answer.body()).contains("urn:imageferry:problem:not-allowed-now", "taken.img.gz");
        assertThat(DiskImages.sha256(daemon.dropFolder().resolve("taken.img.gz")))
                .isEqualTo(other);
        assertThat(daemon.dropFolder().resolve("failed/taken.img.gz")).exists();
    }

    @Test
    void uploads_jobs_with_higher_priority_first() throws Exception {
        // given
        daemon.start();
        assertThat(daemon.post("/api/v1/queue/pause").statusCode()).isEqualTo(204);
        for (String name : List.of("first", "second", "third")) {
            drop(name, 20_000);
            awaitState(name + ".img.gz", "READY");
        }

        // when
        HttpResponse<String> answer = setPriority("third.img.gz", "{\"priority\":7}");

        // then
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(daemon.json("/api/v1/jobs?order=priority")
                        .at("/items/0/file")
                        .asText())
                .isEqualTo("third.img.gz");
        assertThat(daemon.post("/api/v1/queue/resume").statusCode()).isEqualTo(204);
        daemon.awaitArchived(3, LIMIT);
        assertThat(linode.requests(Operation.CREATE))
                .extracting(RecordedRequest::labelOrNull)
                .containsExactly("third", "first", "second");
    }

    @Test
    void an_invalid_priority_changes_nothing() throws Exception {
        daemon.start();
        assertThat(daemon.post("/api/v1/queue/pause").statusCode()).isEqualTo(204);
        drop("stays", 20_000);
        awaitState("stays.img.gz", "READY");

        for (String body : List.of(
                "{}",
                "{\"priority\":null}",
                "{\"priority\":\"high\"}",
                "{\"priority\":\"7\"}",
                "{\"priority\":1.5}",
                "[]",
                "",
                "{\"state\":\"FAILED\"}")) {
            HttpResponse<String> answer = setPriority("stays.img.gz", body);
            assertThat(answer.statusCode()).as(body + answer.body()).isEqualTo(400);
            assertThat(answer.headers().firstValue("Content-Type")).contains("application/problem+json");
            assertThat(daemon.job("stays.img.gz").get("priority").asInt()).isZero();
        }
    }

    private HttpResponse<String> setPriority(String file, String body) {
        return daemon.send(HttpRequest.newBuilder(
                        address("/api/v1/jobs/" + daemon.job(file).get("id").asText()))
                .header("Content-Type", "application/json")
                .method("PATCH", HttpRequest.BodyPublishers.ofString(body))
                .build());
    }

    @Test
    void sets_the_bandwidth_live_and_shares_it_among_running_uploads() throws Exception {
        // given
        try (EmbeddedDatabase database = EmbeddedDatabase.start(directory.resolve("server"));
                DaemonProcess one = on(database, "one");
                DaemonProcess other = on(database, "other")) {
            one.start();
            other.start();
            assertThat(one.get("/api/v1/bandwidth").body()).isEqualTo("{\"limit\":null}");

            // when
            assertThat(limit(one, "\"300K\"").statusCode()).isEqualTo(200);

            // then
            other.await("the other daemon to see the limit", LIMIT, () -> share(other) > 0);
            assertThat(other.get("/api/v1/bandwidth").body()).isEqualTo("{\"limit\":\"300K\"}");
            for (String name : List.of("left", "right")) {
                Path made = image(name, 3 << 20);
                Files.move(made, directory.resolve("shared").resolve(name + ".img.gz"));
            }
            one.await(
                    "one upload and half of the limit on each daemon",
                    LIMIT,
                    () -> share(one) == 150 * 1024 && share(other) == 150 * 1024);
            assertThat(limit(other, "\"off\"").statusCode()).isEqualTo(200);
            one.await("no limit", LIMIT, () -> share(one) == 0 && share(other) == 0);
            one.awaitArchived(2, LIMIT);

            for (String wrong : List.of("\"fast\"", "\"\"", "\"-1M\"", "\"0\"", "17", "[]")) {
                HttpResponse<String> answer = limit(one, wrong);
                assertThat(answer.statusCode()).as(wrong).isEqualTo(400);
            }
        }
    }

    @Test
    void cancels_a_job_held_by_another_instance() throws Exception {
        try (EmbeddedDatabase database = EmbeddedDatabase.start(directory.resolve("server"));
                DaemonProcess one = on(database, "one")) {
            // given
            one.start();
            linode.script(Fault.onPut(new Effect.ReadSlowly(SLOWLY)).always());
            Files.move(image("theirs", 4 << 20), directory.resolve("shared/theirs.img.gz"));
            one.await("its PUT", LIMIT, () -> puts("theirs").stream().anyMatch(put -> put.bodyBytes() > SLOWLY));
            try (DaemonProcess other = on(database, "other")) {
                other.start();

                // when
                HttpResponse<String> answer = other.post(
                        "/api/v1/jobs/" + other.job("theirs.img.gz").get("id").asText() + "/cancel");

                // then
                assertThat(answer.statusCode()).isEqualTo(200);
                JobStory story =
                        JobStory.awaitArchived(other, "theirs.img.gz", 1, LIMIT).getFirst();
                assertThat(story.errorCode()).isEqualTo("cancelled");
                assertThat(linode.images()).isEmpty();
            }
        }
    }

    @Test
    void the_stream_starts_with_a_snapshot_and_continues_with_changes() throws Exception {
        // given
        daemon.set("imageferry.upload.bandwidth", "200K").start();
        drop("before", 20_000);
        JobStory.awaitArchived(daemon, "before.img.gz", 1, LIMIT);

        // when
        try (EventReader events = EventReader.of(address("/api/v1/stream"))) {
            daemon.await(
                    "the snapshot", LIMIT, () -> events.states("before.img.gz").contains("AVAILABLE"));
            drop("live", 1 << 20);
            JobStory.awaitArchived(daemon, "live.img.gz", 1, LIMIT);

            // then
            daemon.await(
                    "the archived job",
                    LIMIT,
                    () -> events.jobs("live.img.gz").stream()
                            .anyMatch(job -> job.get("archived").asBoolean()));
            assertThat(events.states("live.img.gz")).containsSubsequence("UPLOADING", "AVAILABLE");
            String id = daemon.job("live.img.gz").get("id").asText();
            List<Long> sent = events.progress(id);
            assertThat(sent).isSorted().hasSizeGreaterThan(1);
        }
    }

    @Test
    void disconnects_clients_that_do_not_read_the_stream() throws Exception {
        // given
        daemon.jvm("-Xmx128m").start();
        EmbeddedServer server = new EmbeddedServer(directory.resolve("home"));
        server.execute(Backlog.sql(0, JOBS));
        List<Socket> stalled = new ArrayList<>();
        try (EventReader events = EventReader.of(address("/api/v1/stream"))) {
            for (int i = 0; i < STALLED_CLIENTS; i++) {
                stalled.add(connectToStream());
            }
            // changes before that would be in the snapshot only
            daemon.await(
                    "the snapshot on all connections",
                    LIMIT,
                    () -> stalled.stream().allMatch(SteeringIT::hasBytes));

            // when
            for (int i = 1; i <= CHANGES; i++) {
                server.execute("UPDATE job SET label = 'change-" + i
                        + "', updated_at = clock_timestamp() WHERE folder_id = '" + Backlog.FOLDER + "'");
                String label = "change-" + i;
                daemon.await("the events of all jobs of " + label, LIMIT, () -> events.countOf(label) == JOBS);
            }

            // then
            for (Socket socket : stalled) {
                daemon.await("the reset of a connection", LIMIT, () -> isReset(socket));
            }
            assertThat(daemon.log()).doesNotContain("OutOfMemoryError");
        } finally {
            for (Socket socket : stalled) {
                socket.close();
            }
        }
    }

    /** Reads what is there. A reset shows when everything that had arrived is read. */
    private static boolean isReset(Socket socket) {
        try {
            return socket.getInputStream().readNBytes(64 * 1024).length == 0;
        } catch (SocketTimeoutException e) {
            return false;
        } catch (SocketException e) {
            return true;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean hasBytes(Socket socket) {
        try {
            return socket.getInputStream().available() > 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Opens the stream without reading it. A later read fails with a timeout if the daemon did not close the connection. */
    private Socket connectToStream() throws IOException {
        Socket socket = new Socket();
        socket.setReceiveBufferSize(8 * 1024);
        socket.setSoTimeout(1_000);
        socket.connect(new InetSocketAddress(
                InetAddress.getLoopbackAddress(), daemon.address().getPort()));
        socket.getOutputStream()
                .write("GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n"
                        .getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    @Test
    void a_file_sent_over_http_becomes_an_image() throws Exception {
        // given
        daemon.start();
        Path file = image("sent", 50_000);
        String hash = DiskImages.sha256(file);
        byte[] content = Files.readAllBytes(file);
        String digest = Base64.getEncoder()
                .encodeToString(MessageDigest.getInstance("SHA-256").digest(content));

        // when
        HttpResponse<String> answer = put("teams/a/sent.img.gz", content, "sha-256=:" + digest + ":");

        // then
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(201);
        JobStory story =
                JobStory.awaitArchived(daemon, "teams/a/sent.img.gz", 1, LIMIT).getFirst();
        story.assertStraightWayToAvailable();
        assertThat(linode.images()).singleElement().matches(image -> hash.equals(image.sha256OrNull()));
    }

    @Test
    void refuses_files_with_bad_names_or_content_and_stores_nothing() throws Exception {
        // given
        daemon.start();
        assertThat(daemon.post("/api/v1/queue/pause").statusCode()).isEqualTo(204);
        drop("there", 20_000);
        Files.createSymbolicLink(daemon.dropFolder().resolve("link"), directory);
        List<String> before =
                FolderTree.files(directory.resolve("home/data/drop")).stream().toList();

        for (String[] refused : new String[][] {
            {"..%2Fout.img.gz", "400", "bad-name"},
            {"%2E%2E/out.img.gz", "400", "bad-name"},
            {"done/x.img.gz", "400", "bad-name"},
            {".hidden.img.gz", "400", "bad-name"},
            {"a/.b/x.img.gz", "400", "bad-name"},
            {"x.iso", "400", "bad-name"},
            {"x.img.gz.yaml.exe", "400", "bad-name"},
            {"there.img.gz", "409", "name-taken"},
            {"link/x.img.gz", "409", "name-taken"},
            {"wrong.img.gz", "400", "damaged"}
        }) {
            // when
            HttpResponse<String> answer = put(refused[0], new byte[1000], "sha-256=:AAAA:");

            // then
            assertThat(answer.statusCode()).as(refused[0] + answer.body()).isEqualTo(Integer.parseInt(refused[1]));
            assertThat(answer.body()).contains(refused[2]);
            assertThat(FolderTree.files(directory.resolve("home/data/drop"))).containsExactlyElementsOf(before);
            try (Stream<Path> outside = Files.list(directory)) {
                assertThat(outside.map(file -> file.getFileName().toString())).doesNotContain("out.img.gz", "x.img.gz");
            }
        }
    }

    private DaemonProcess on(EmbeddedDatabase database, String name) throws IOException {
        return DaemonProcess.in(Files.createDirectories(directory.resolve("home-" + name)), linode)
                .set("imageferry.instance", name)
                .set("imageferry.upload.concurrency", "1")
                .set("imageferry.drop.directory", directory.resolve("shared").toString())
                .set("quarkus.datasource.jdbc.url", database.jdbcUrl())
                .set("quarkus.datasource.username", database.username())
                .set("quarkus.datasource.password", database.password());
    }

    private static long share(DaemonProcess of) {
        return of.get("/q/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith("imageferry_bandwidth_limit_bytes_per_second"))
                .mapToLong(line -> Math.round(Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1))))
                .findFirst()
                .orElseThrow();
    }

    private static HttpResponse<String> limit(DaemonProcess of, String json) {
        return of.send(HttpRequest.newBuilder(of.address().resolve("/api/v1/bandwidth"))
                .header("Content-Type", "application/json")
                .PUT(HttpRequest.BodyPublishers.ofString("{\"limit\":" + json + "}"))
                .build());
    }

    private HttpResponse<String> put(String path, byte[] content, String digest) {
        return daemon.send(HttpRequest.newBuilder(address("/api/v1/drop/" + path))
                .header("Repr-Digest", digest)
                .PUT(HttpRequest.BodyPublishers.ofByteArray(content))
                .build());
    }

    private HttpResponse<String> post(String file, String action) {
        return daemon.post("/api/v1/jobs/" + daemon.job(file).get("id").asText() + "/" + action);
    }

    private URI address(String path) {
        return daemon.address().resolve(path);
    }

    private Path image(String name, int bytes) throws IOException {
        return DiskImages.ext4(directory.resolve(name + ".img.gz"), bytes, seeds.incrementAndGet());
    }

    private String drop(String name, int bytes) throws IOException {
        Path made = image(name, bytes);
        String hash = DiskImages.sha256(made);
        Files.move(made, daemon.dropFolder().resolve(name + ".img.gz"));
        return hash;
    }

    private void awaitState(String file, String state) {
        daemon.await(
                file + " to be " + state,
                LIMIT,
                () -> daemon.jobs().stream()
                        .anyMatch(job -> job.get("file").asText().equals(file)
                                && job.get("state").asText().equals(state)));
    }

    private void awaitBytes(String label) {
        daemon.await("bytes of " + label, LIMIT, () -> puts(label).stream().anyMatch(put -> put.bodyBytes() > SLOWLY));
    }

    private List<RecordedRequest> puts(String label) {
        return linode.requests(Operation.PUT_OBJECT).stream()
                .filter(put -> label.equals(put.labelOrNull()))
                .toList();
    }
}
