package dev.imageferry.whole;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.imageferry.simulator.Answer;
import dev.imageferry.simulator.Effect;
import dev.imageferry.simulator.Fault;
import dev.imageferry.simulator.Operation;
import dev.imageferry.simulator.RecordedRequest;
import dev.imageferry.simulator.RequestListener;
import dev.imageferry.simulator.SimulatedImage;
import dev.imageferry.simulator.SimulatedLinode;
import dev.imageferry.simulator.SimulatorOptions;
import java.io.IOException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * Faults of Linode's API and the bucket, with one daemon and one simulator for all tests.
 *
 * <p>Faults of single files are declared beside their tests. Those files are all dropped before the first test, because the search
 * for left-over images uses listings, whose rate is limited. Faults that affect all files follow in later tests,
 * and checks of the whole run come last.
 */
@Tag("exhaustive")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class LinodeFaultsIT {
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final Duration STALL_TIMEOUT = Duration.ofSeconds(2);
    private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(3);
    private static final int MAX_ATTEMPTS = 2;

    /** More than the socket buffers, so that a PUT stalls if the bucket stops reading. */
    private static final int BEYOND_BUFFERS = 12 * 1024 * 1024;

    private static final int SMALL = 200 * 1024;
    private static final int MEDIUM = 2 * 1024 * 1024;
    private static final long CUT_AT = 500_000;
    private static final Duration RETRY_AFTER = Duration.ofSeconds(3);

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern PROBLEM = Pattern.compile("([a-z]+(?:-[a-z]+)+): .*", Pattern.DOTALL);
    private static final Pattern SIGNATURE = Pattern.compile("[?&]Signature=([^&]+)");

    /** The operations that change an image. */
    private static final Set<Operation> CHANGES =
            EnumSet.of(Operation.CREATE, Operation.PUT_OBJECT, Operation.DELETE_IMAGE);

    private static final Set<Operation> API = EnumSet.of(
            Operation.CREATE,
            Operation.GET_IMAGE,
            Operation.DELETE_IMAGE,
            Operation.LIST,
            Operation.EVENTS,
            Operation.PROFILE);

    @TempDir
    static Path directory;

    private final List<Dropped> faultyFiles = new ArrayList<>();
    private final Set<String> labelsLostInCreate = new HashSet<>();
    private final Map<String, String> hashes = new HashMap<>();
    private final Map<String, Long> sizes = new HashMap<>();
    private final SimulatedLinode linode =
            SimulatedLinode.start(SimulatorOptions.forTests().withToken("0c1f7e-secret-token-93b2"));
    private @Nullable DaemonProcess started;
    private @Nullable String logOfFaultyFiles;
    private int seed;

    /** A dropped file, named after its label, and its faults. */
    private record Dropped(String label, int payloadBytes, List<Fault> faults) {
        String file() {
            return label + ".img.gz";
        }
    }

    /** A request and its answer: {@code CREATE 500}, {@code PUT_OBJECT none}. */
    private record Change(Operation operation, int status) {
        @Override
        public String toString() {
            return operation + " " + (status == 0 ? "none" : status);
        }
    }

    @BeforeAll
    void dropAllFaultyFiles() throws IOException {
        for (Dropped file : faultyFiles) {
            file.faults().forEach(linode::script);
        }
        synchronizeLostCreateCalls();
        started = DaemonProcess.in(directory, linode)
                .set("imageferry.upload.concurrency", "32")
                .set("imageferry.upload.stall-timeout", STALL_TIMEOUT.toSeconds() + "s")
                .set("imageferry.upload.answer-timeout", ANSWER_TIMEOUT.toSeconds() + "s")
                .set("imageferry.retry.max-attempts", String.valueOf(MAX_ATTEMPTS))
                .set("imageferry.poll.timeout", "3s")
                .set("imageferry.lease.duration", "60s")
                .start();
        drop(faultyFiles);
    }

    @AfterAll
    void stop() {
        try (linode) {
            if (started != null) {
                started.close();
            }
        }
    }

    private DaemonProcess daemon() {
        return Objects.requireNonNull(started, "not started");
    }

    private Dropped file(String label, int payloadBytes, Fault... faults) {
        return new Dropped(
                label,
                payloadBytes,
                Stream.of(faults).map(fault -> fault.forLabel(label)).toList());
    }

    /** Declares a file that is dropped before the first test. */
    private Dropped faulty(String label, int payloadBytes, Fault... faults) {
        Dropped file = file(label, payloadBytes, faults);
        faultyFiles.add(file);
        return file;
    }

    /** Declares a file whose create call has an unknown result, so that the daemon searches for a left-over image. */
    private Dropped lostInCreate(String label, int payloadBytes, Fault... faults) {
        labelsLostInCreate.add(label);
        return faulty(label, payloadBytes, faults);
    }

    /** Blocks these create calls until all have arrived, so that they share the listings for left-over images. */
    private void synchronizeLostCreateCalls() {
        CountDownLatch missing = new CountDownLatch(labelsLostInCreate.size());
        linode.onRequest(RequestListener.on(Operation.CREATE, RequestListener.Moment.ARRIVED, request -> {
            if (labelsLostInCreate.contains(request.labelOrNull())) {
                missing.countDown();
                try {
                    assertThat(missing.await(LIMIT.toSeconds(), TimeUnit.SECONDS))
                            .isTrue();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        }));
    }

    private void drop(List<Dropped> files) throws IOException {
        for (Dropped file : files) {
            Path made = DiskImages.ext4(directory.resolve(file.file()), file.payloadBytes(), ++seed);
            hashes.put(file.label(), DiskImages.sha256(made));
            sizes.put(file.label(), Files.size(made));
        }
        for (Dropped file : files) {
            Files.move(directory.resolve(file.file()), daemon().dropFolder().resolve(file.file()));
        }
    }

    /** Drops the file after all earlier jobs have ended. */
    private Dropped drop(Dropped file) throws IOException {
        awaitFaultyFiles();
        file.faults().forEach(linode::script);
        drop(List.of(file));
        return file;
    }

    private void awaitFaultyFiles() {
        for (Dropped file : faultyFiles) {
            ended(file);
        }
        if (logOfFaultyFiles == null) {
            logOfFaultyFiles = daemon().log();
        }
    }

    private Optional<JsonNode> job(Dropped file) {
        List<JsonNode> jobs = daemon().jobs().stream()
                .filter(job -> job.get("file").asText().equals(file.file()))
                .toList();
        assertThat(jobs).hasSizeLessThan(2);
        return jobs.stream().findFirst();
    }

    /** Waits until the job is archived and returns it. */
    private JsonNode ended(Dropped file) {
        daemon().await(
                        file.file() + " to be archived",
                        LIMIT,
                        () -> job(file)
                                .filter(job -> job.get("archived").asBoolean())
                                .isPresent());
        return job(file).orElseThrow();
    }

    /** Asserts that exactly one image exists for the file, that it belongs to the job and has the content of the file. */
    private JsonNode arrived(Dropped file) throws IOException {
        JsonNode job = ended(file);
        assertThat(job.get("state").asText()).as("%s", job).isEqualTo("AVAILABLE");
        assertThat(job.get("error").isNull()).as("%s", job).isTrue();
        List<SimulatedImage> images = images(file);
        assertThat(images).hasSize(1);
        assertThat(images.getFirst().isAvailable()).isTrue();
        assertThat(images.getFirst().id()).isEqualTo(job.at("/image/id").asText());
        assertThat(images.getFirst().sha256OrNull()).isEqualTo(hashes.get(file.label()));
        assertThat(archivedIn("done", file)).isEqualTo("AVAILABLE");
        return job;
    }

    /** Asserts that no image of the file exists and that the file is in {@code failed/}. */
    private JsonNode failed(Dropped file, String code) throws IOException {
        JsonNode job = ended(file);
        assertThat(job.get("state").asText()).as("%s", job).isEqualTo("FAILED");
        assertThat(job.at("/error/code").asText()).as("%s", job).isEqualTo(code);
        assertThat(images(file)).isEmpty();
        assertThat(archivedIn("failed", file)).isEqualTo("FAILED");
        return job;
    }

    /** Asserts that the archived file is unchanged and returns the state from its receipt. */
    private String archivedIn(String folder, Dropped file) throws IOException {
        Path placed = daemon().dropFolder().resolve(folder).resolve(file.file());
        assertThat(DiskImages.sha256(placed)).isEqualTo(hashes.get(file.label()));
        assertThat(daemon().dropFolder().resolve(file.file())).doesNotExist();
        return JSON.readTree(Files.readString(placed.resolveSibling(file.file() + ".receipt.json")))
                .get("state")
                .asText();
    }

    private List<SimulatedImage> images(Dropped file) {
        return linode.images().stream()
                .filter(image -> image.label().equals(file.label()))
                .toList();
    }

    /** Returns the number and the last status of each image created for the file: {@code 1 DELETED}. */
    private List<String> allImages(Dropped file) {
        return linode.everCreated().stream()
                .filter(image -> image.label().equals(file.label()))
                .map(image -> image.tags().getLast().replaceAll(".*-", "") + " "
                        + (image.endingOrNull() == null ? image.status() : image.endingOrNull()))
                .toList();
    }

    private List<RecordedRequest> requests(Dropped file) {
        return linode.requests().stream()
                .filter(request -> file.label().equals(request.labelOrNull()))
                .toList();
    }

    private List<RecordedRequest> requests(Dropped file, Operation operation) {
        return requests(file).stream()
                .filter(request -> request.operation() == operation)
                .toList();
    }

    /** Returns the requests that changed an image of the file, in order. */
    private List<String> changes(Dropped file) {
        return requests(file).stream()
                .filter(request -> CHANGES.contains(request.operation()))
                .map(request -> new Change(request.operation(), request.status()).toString())
                .toList();
    }

    private boolean isListed(RecordedRequest after, RecordedRequest before) {
        return linode.requests(Operation.LIST).stream()
                .anyMatch(list -> list.sequence() > after.sequence() && list.sequence() < before.sequence());
    }

    private List<JsonNode> history(JsonNode job) {
        return StreamSupport.stream(
                        daemon().json("/api/v1/jobs/" + job.get("id").asText() + "/history")
                                .spliterator(),
                        false)
                .toList();
    }

    /** Returns the problems in the history, each with the attempt that follows: {@code linode-error 2}. */
    private List<String> problems(JsonNode job) {
        return history(job).stream()
                .flatMap(entry -> {
                    Matcher problem = PROBLEM.matcher(entry.get("detail").asText());
                    return problem.matches()
                            ? Stream.of(problem.group(1) + " "
                                    + entry.get("attempt").asInt())
                            : Stream.empty();
                })
                .toList();
    }

    /** Returns the closed gates. */
    private List<String> blocked() {
        return StreamSupport.stream(
                        daemon().json("/api/v1/summary").get("blocked").spliterator(), false)
                .map(gate -> gate.get("gate").asText())
                .toList();
    }

    /** Waits until the gate is closed and the error of the job shows it. */
    private void awaitBlocked(String gate, Dropped file, String code) {
        daemon().await(
                        "gate " + gate + " to close",
                        Duration.ofSeconds(30),
                        () -> blocked().contains(gate) && hasError(file, code));
    }

    private boolean hasError(Dropped file, String code) {
        return job(file)
                .filter(job -> job.at("/error/code").asText().equals(code))
                .isPresent();
    }

    // ---- create calls

    private final Dropped create500 =
            lostInCreate("create-500", SMALL, Fault.answer(Operation.CREATE, Answer.error(500, "Internal error")));

    @Test
    void create_call_answered_500_is_retried_after_a_search_for_left_overs() throws IOException {
        JsonNode job = arrived(create500);

        assertThat(changes(create500)).containsExactly("CREATE 500", "CREATE 200", "PUT_OBJECT 200");
        assertThat(problems(job)).containsExactly("linode-error 2");
        List<RecordedRequest> creates = requests(create500, Operation.CREATE);
        assertThat(isListed(creates.get(0), creates.get(1))).isTrue();
        assertThat(allImages(create500)).containsExactly("2 available");
    }

    private final Dropped createAnswerCut =
            lostInCreate("create-answer-cut", SMALL, Fault.on(Operation.CREATE, new Effect.HandleThenCut()));

    @Test
    void image_of_an_unanswered_create_call_is_found_by_tag_and_replaced() throws IOException {
        JsonNode job = arrived(createAnswerCut);

        assertThat(changes(createAnswerCut))
                .containsExactly("CREATE none", "DELETE_IMAGE 200", "CREATE 200", "PUT_OBJECT 200");
        assertThat(problems(job)).containsExactly("linode-error 2");
        assertThat(allImages(createAnswerCut)).containsExactly("1 DELETED", "2 available");
    }

    private final Dropped createAnswerTruncated =
            lostInCreate("create-answer-truncated", SMALL, Fault.on(Operation.CREATE, new Effect.TruncateAnswer(60)));

    @Test
    void image_of_a_truncated_create_answer_is_replaced() throws IOException {
        arrived(createAnswerTruncated);

        assertThat(changes(createAnswerTruncated))
                .containsExactly("CREATE 200", "DELETE_IMAGE 200", "CREATE 200", "PUT_OBJECT 200");
        assertThat(allImages(createAnswerTruncated)).containsExactly("1 DELETED", "2 available");
    }

    private final Dropped createCut =
            lostInCreate("create-cut", SMALL, Fault.on(Operation.CREATE, new Effect.CutBeforeHandling()));

    @Test
    void create_call_cut_before_it_was_handled_is_retried() throws IOException {
        JsonNode job = arrived(createCut);

        assertThat(changes(createCut)).containsExactly("CREATE none", "CREATE 200", "PUT_OBJECT 200");
        assertThat(problems(job)).containsExactly("linode-error 2");
        List<RecordedRequest> creates = requests(createCut, Operation.CREATE);
        assertThat(isListed(creates.get(0), creates.get(1))).isTrue();
        assertThat(allImages(createCut)).containsExactly("2 available");
    }

    private final Dropped create502 =
            lostInCreate("create-502", SMALL, Fault.answer(Operation.CREATE, Answer.badGateway()));

    @Test
    void proxy_page_counts_as_a_server_error() throws IOException {
        JsonNode job = arrived(create502);

        assertThat(changes(create502)).containsExactly("CREATE 502", "CREATE 200", "PUT_OBJECT 200");
        assertThat(problems(job)).containsExactly("linode-error 2");
        assertThat(allImages(create502)).containsExactly("2 available");
    }

    private final Dropped createBusy = faulty("create-busy", SMALL, Fault.answer(Operation.CREATE, Answer.busy()));

    @Test
    void retries_a_busy_linode() throws IOException {
        JsonNode job = arrived(createBusy);

        assertThat(changes(createBusy)).containsExactly("CREATE 400", "CREATE 200", "PUT_OBJECT 200");
        assertThat(problems(job)).containsExactly("linode-error 2");
    }

    private final Dropped createRejected = faulty(
            "create-rejected",
            SMALL,
            Fault.answer(Operation.CREATE, Answer.fieldError(400, "region", "Region does not take images"))
                    .always());

    @Test
    void rejected_field_fails_the_job_at_once_with_field_and_reason() throws IOException {
        JsonNode job = failed(createRejected, "linode-rejected");

        assertThat(job.at("/error/message").asText()).contains("region: Region does not take images");
        assertThat(changes(createRejected)).containsExactly("CREATE 400");
        assertThat(problems(job)).containsExactly("linode-rejected 1");
    }

    private final Dropped poisoned = lostInCreate(
            "poisoned",
            SMALL,
            Fault.answer(Operation.CREATE, Answer.error(500, "Internal error")).always());

    @Test
    void file_that_always_gets_500_fails_after_its_attempts_without_affecting_others() throws IOException {
        JsonNode job = failed(poisoned, "linode-error");

        assertThat(changes(poisoned)).containsExactly("CREATE 500", "CREATE 500");
        assertThat(problems(job)).containsExactly("linode-error 2", "linode-error 2");
        assertThat(allImages(poisoned)).isEmpty();
        awaitFaultyFiles();
        // the gates start closed, but no file closes them again
        assertThat(logOfFaultyFiles).doesNotContain("gate closed gate=api");
        assertThat(logOfFaultyFiles).doesNotContain("gate closed gate=token");
        assertThat(logOfFaultyFiles).doesNotContain("gate closed gate=bucket");
    }

    // ---- the PUT

    private final Dropped putCut = faulty("put-cut", BEYOND_BUFFERS, Fault.onPut(new Effect.CutAfter(CUT_AT)));

    @Test
    void broken_put_restarts_at_the_same_url() throws IOException {
        JsonNode job = arrived(putCut);

        assertThat(changes(putCut)).containsExactly("CREATE 200", "PUT_OBJECT none", "PUT_OBJECT 200");
        assertThat(problems(job)).containsExactly("upload-interrupted 2");
        List<RecordedRequest> puts = requests(putCut, Operation.PUT_OBJECT);
        assertThat(puts)
                .extracting(RecordedRequest::path)
                .containsOnly(puts.getFirst().path());
        assertThat(puts.getLast().bodyBytes()).isEqualTo(sizes.get(putCut.label()));
        assertThat(allImages(putCut)).containsExactly("1 available");
    }

    private final Dropped putAnswerLost =
            faulty("put-answer-lost", MEDIUM, Fault.on(Operation.PUT_OBJECT, new Effect.HandleThenCut()));

    @Test
    void put_with_a_lost_answer_is_not_repeated_if_the_file_arrived() throws IOException {
        JsonNode job = arrived(putAnswerLost);

        assertThat(changes(putAnswerLost)).containsExactly("CREATE 200", "PUT_OBJECT none");
        assertThat(problems(job)).containsExactly("upload-interrupted 2");
        assertThat(requests(putAnswerLost, Operation.PUT_OBJECT).getFirst().stored())
                .isTrue();
    }

    private final Dropped putSilent =
            faulty("put-silent", MEDIUM, Fault.on(Operation.PUT_OBJECT, new Effect.DelayAnswer(Duration.ofMinutes(2))));

    @Test
    void put_without_an_answer_times_out_and_its_image_is_checked() throws IOException {
        JsonNode job = arrived(putSilent);

        assertThat(changes(putSilent)).containsExactly("CREATE 200", "PUT_OBJECT none");
        assertThat(problems(job)).containsExactly("upload-interrupted 2");
        assertThat(history(job).toString()).contains("imageferry.upload.answer-timeout");
    }

    private final Dropped putStalled =
            faulty("put-stalled", BEYOND_BUFFERS, Fault.onPut(new Effect.StallAfter(CUT_AT, Duration.ofMinutes(2))));

    @Test
    void stalled_put_times_out_and_is_retried() throws IOException {
        JsonNode job = arrived(putStalled);

        assertThat(changes(putStalled)).containsExactly("CREATE 200", "PUT_OBJECT none", "PUT_OBJECT 200");
        assertThat(problems(job)).containsExactly("upload-stalled 2");
        assertThat(allImages(putStalled)).containsExactly("1 available");
    }

    private final Dropped putExpired = faulty(
            "put-expired",
            SMALL,
            Fault.answer(
                    Operation.PUT_OBJECT,
                    Answer.bucketError(403, "AccessDenied")
                            .header(
                                    "Date",
                                    DateTimeFormatter.RFC_1123_DATE_TIME.format(Instant.now()
                                            .plus(Duration.ofDays(2))
                                            .atOffset(ZoneOffset.UTC)))));

    @Test
    void image_with_an_expired_upload_url_is_replaced() throws IOException {
        JsonNode job = arrived(putExpired);

        assertThat(changes(putExpired))
                .containsExactly("CREATE 200", "PUT_OBJECT 403", "DELETE_IMAGE 200", "CREATE 200", "PUT_OBJECT 200");
        assertThat(problems(job)).containsExactly("upload-url-expired 2");
        assertThat(allImages(putExpired)).containsExactly("1 DELETED", "2 available");
    }

    private final Dropped putSignature = faulty(
            "put-signature",
            SMALL,
            Fault.answer(Operation.PUT_OBJECT, Answer.bucketError(403, "SignatureDoesNotMatch")));

    @Test
    void rejected_signature_is_reported_and_retried() throws IOException {
        JsonNode job = arrived(putSignature);

        assertThat(changes(putSignature)).containsExactly("CREATE 200", "PUT_OBJECT 403", "PUT_OBJECT 200");
        assertThat(problems(job)).containsExactly("upload-refused 2");
        assertThat(history(job).toString()).contains("403 SignatureDoesNotMatch");
    }

    private final Dropped put500 =
            faulty("put-500", SMALL, Fault.answer(Operation.PUT_OBJECT, Answer.bucketError(500, "InternalError")));

    @Test
    void bucket_error_uses_up_an_attempt_and_is_retried() throws IOException {
        JsonNode job = arrived(put500);

        assertThat(changes(put500)).containsExactly("CREATE 200", "PUT_OBJECT 500", "PUT_OBJECT 200");
        assertThat(problems(job)).containsExactly("upload-refused 2");
        assertThat(history(job).toString()).contains("500 InternalError");
    }

    private final Dropped putEarly = faulty(
            "put-early", BEYOND_BUFFERS, Fault.onPut(new Effect.AnswerEarly(Answer.bucketError(403, "AccessDenied"))));

    @Test
    void answer_sent_before_the_end_of_the_body_is_read() throws IOException {
        JsonNode job = arrived(putEarly);

        assertThat(changes(putEarly)).containsExactly("CREATE 200", "PUT_OBJECT 403", "PUT_OBJECT 200");
        assertThat(problems(job)).containsExactly("upload-refused 2");
        assertThat(history(job).toString()).contains("403 AccessDenied");
        assertThat(requests(putEarly, Operation.PUT_OBJECT).getFirst().bodyBytes())
                .isZero();
    }

    private final Dropped putEtag =
            faulty("put-etag", SMALL, Fault.onPut(new Effect.WrongETag("00000000000000000000000000000000")));

    @Test
    void image_with_wrong_bytes_is_replaced() throws IOException {
        JsonNode job = arrived(putEtag);

        assertThat(changes(putEtag))
                .containsExactly("CREATE 200", "PUT_OBJECT 200", "DELETE_IMAGE 200", "CREATE 200", "PUT_OBJECT 200");
        assertThat(problems(job)).containsExactly("upload-corrupted 2");
        assertThat(allImages(putEtag)).containsExactly("1 DELETED", "2 available");
    }

    private final Dropped putEtagDelete500 = faulty(
            "put-etag-delete-500",
            SMALL,
            Fault.onPut(new Effect.WrongETag("00000000000000000000000000000000")),
            Fault.answer(Operation.DELETE_IMAGE, Answer.error(500, "Internal error")));

    @Test
    void image_with_wrong_bytes_is_not_used_even_if_deletion_fails() throws IOException {
        arrived(putEtagDelete500);

        assertThat(changes(putEtagDelete500))
                .containsExactly(
                        "CREATE 200",
                        "PUT_OBJECT 200",
                        "DELETE_IMAGE 500",
                        "DELETE_IMAGE 200",
                        "CREATE 200",
                        "PUT_OBJECT 200");
        assertThat(allImages(putEtagDelete500)).containsExactly("1 DELETED", "2 available");
    }

    // ---- waiting for the image

    private final Dropped look500 =
            faulty("look-500", SMALL, Fault.answer(Operation.GET_IMAGE, Answer.error(500, "Internal error")));

    @Test
    void failed_status_request_is_retried_without_another_put() throws IOException {
        JsonNode job = arrived(look500);

        assertThat(changes(look500)).containsExactly("CREATE 200", "PUT_OBJECT 200");
        assertThat(problems(job)).containsExactly("linode-error 2");
    }

    private final Dropped processingFails =
            faulty("processing-fails", SMALL, Fault.processingFails("Failed to decompress image"));

    @Test
    void file_that_linode_cannot_unpack_fails_with_its_reason_and_is_not_sent_again() throws IOException {
        JsonNode job = failed(processingFails, "processing-failed");

        assertThat(job.at("/error/message").asText()).contains("Failed to decompress image");
        assertThat(changes(processingFails)).containsExactly("CREATE 200", "PUT_OBJECT 200");
        assertThat(allImages(processingFails)).containsExactly("1 PROCESSING_FAILED");
    }

    private final Dropped eventLags = faulty(
            "event-lags",
            SMALL,
            Fault.onProcessing(new Effect.ProcessingFails(
                    "Image too large when uncompressed", Duration.ofSeconds(3), Duration.ZERO)));

    @Test
    void waits_for_the_event_if_the_image_disappears_first() throws IOException {
        JsonNode job = failed(eventLags, "processing-failed");

        assertThat(job.at("/error/message").asText()).contains("Image too large when uncompressed");
        assertThat(changes(eventLags)).containsExactly("CREATE 200", "PUT_OBJECT 200");
    }

    private final Dropped deletionLags = faulty(
            "deletion-lags",
            SMALL,
            Fault.onProcessing(
                    new Effect.ProcessingFails("Failed to decompress image", Duration.ZERO, Duration.ofSeconds(1))));

    @Test
    void waits_for_the_image_to_disappear_if_the_event_comes_first() throws IOException {
        JsonNode job = failed(deletionLags, "processing-failed");

        assertThat(job.at("/error/message").asText()).contains("Failed to decompress image");
        assertThat(changes(deletionLags)).containsExactly("CREATE 200", "PUT_OBJECT 200");
    }

    private final Dropped neverEnds = faulty("never-ends", SMALL, Fault.onProcessing(new Effect.ProcessingNeverEnds()));

    @Test
    void image_that_never_becomes_available_is_deleted_after_the_timeout() throws IOException {
        JsonNode job = failed(neverEnds, "processing-timeout");

        assertThat(job.at("/error/message").asText()).contains("imageferry.poll.timeout");
        assertThat(changes(neverEnds)).containsExactly("CREATE 200", "PUT_OBJECT 200", "DELETE_IMAGE 200");
        assertThat(allImages(neverEnds)).containsExactly("1 DELETED");
    }

    // ---- faults that affect all files

    @Test
    void maintenance_stops_work_and_uses_up_no_attempt() throws IOException {
        // given
        awaitFaultyFiles();
        linode.script(Fault.answer(Operation.PROFILE, Answer.maintenance()).always());

        // when
        Dropped file = drop(file("maintenance", SMALL, Fault.answer(Operation.CREATE, Answer.maintenance())));
        awaitBlocked("api", file, "linode-unavailable");
        int ready = daemon().get("/q/health/ready").statusCode();
        linode.clearFaults();
        JsonNode job = arrived(file);

        // then
        assertThat(ready).isEqualTo(503);
        assertThat(changes(file)).containsExactly("CREATE 503", "CREATE 200", "PUT_OBJECT 200");
        assertThat(problems(job)).containsExactly("linode-unavailable 1");
        assertThat(daemon().get("/q/health/ready").statusCode()).isEqualTo(200);
        assertThat(blocked()).isEmpty();
    }

    @Test
    void all_calls_obey_429_and_use_up_no_attempt() throws IOException {
        // when
        Dropped file =
                drop(file("too-many", SMALL, Fault.answer(Operation.CREATE, Answer.tooManyRequests(RETRY_AFTER))));
        JsonNode job = arrived(file);

        // then
        assertThat(changes(file)).containsExactly("CREATE 429", "CREATE 200", "PUT_OBJECT 200");
        assertThat(problems(job)).containsExactly("rate-limited 1");
        RecordedRequest refused = requests(file, Operation.CREATE).getFirst();
        RecordedRequest next = linode.requests().stream()
                .filter(request -> request.sequence() > refused.sequence())
                .findFirst()
                .orElseThrow();
        assertThat(next.at())
                .isBetween(
                        refused.at().plus(RETRY_AFTER),
                        refused.at().plus(RETRY_AFTER).plusSeconds(15));
    }

    @Test
    void refused_token_stops_work_until_it_is_accepted() throws IOException {
        // given
        awaitFaultyFiles();
        linode.revokeToken(linode.token());

        // when
        Dropped file = drop(file("revoked", SMALL));
        awaitBlocked("token", file, "linode-unauthorized");
        int ready = daemon().get("/q/health/ready").statusCode();
        linode.acceptToken(linode.token());
        JsonNode job = arrived(file);

        // then
        assertThat(ready).isEqualTo(503);
        assertThat(changes(file)).containsExactly("CREATE 401", "CREATE 200", "PUT_OBJECT 200");
        assertThat(problems(job)).containsExactly("linode-unauthorized 1");
        assertThat(blocked()).isEmpty();
    }

    @Test
    void bucket_that_asks_for_a_pause_gets_it_without_using_up_attempts() throws IOException {
        // given
        Answer slowDown = Answer.bucketError(503, "SlowDown");

        // when
        Dropped asking = drop(file(
                "slow-down-until", SMALL, Fault.answer(Operation.PUT_OBJECT, slowDown.header("Retry-After", "2"))));
        JsonNode job = arrived(asking);
        Dropped vague = drop(file(
                "slow-down", SMALL, Fault.answer(Operation.PUT_OBJECT, slowDown).times(MAX_ATTEMPTS + 1)));
        JsonNode other = arrived(vague);

        // then
        assertThat(changes(asking)).containsExactly("CREATE 200", "PUT_OBJECT 503", "PUT_OBJECT 200");
        assertThat(problems(job)).containsExactly("bucket-unavailable 1");
        List<RecordedRequest> puts = requests(asking, Operation.PUT_OBJECT);
        assertThat(puts.get(1).at()).isAfterOrEqualTo(puts.get(0).at().plusSeconds(2));
        assertThat(changes(vague))
                .containsExactly("CREATE 200", "PUT_OBJECT 503", "PUT_OBJECT 503", "PUT_OBJECT 503", "PUT_OBJECT 200");
        assertThat(problems(other)).containsOnly("bucket-unavailable 1");
        assertThat(blocked()).isEmpty();
    }

    private long putsThatAre(RecordedRequest.Ending ending, List<Dropped> files) {
        return files.stream()
                .flatMap(file -> requests(file, Operation.PUT_OBJECT).stream())
                .filter(put -> put.ending() == ending)
                .count();
    }

    /** Runs late, because it also needs a listing. */
    @Test
    @Order(Integer.MAX_VALUE - 2)
    void outage_uses_up_no_attempt_of_any_job() throws IOException {
        // given
        awaitFaultyFiles();
        List<Dropped> sending = Stream.of("outage-sending-1", "outage-sending-2", "outage-sending-3")
                .map(label -> file(label, MEDIUM, Fault.onPut(new Effect.ReadSlowly(1_500_000))))
                .toList();
        List<Dropped> waiting = Stream.of("outage-new-1", "outage-new-2", "outage-new-3")
                .map(label -> file(label, SMALL))
                .toList();
        sending.forEach(file -> file.faults().forEach(linode::script));
        drop(sending);
        linode.await(now -> putsThatAre(RecordedRequest.Ending.UNDER_WAY, sending) == sending.size(), LIMIT);

        // when
        long before = linode.requests().getLast().sequence();
        for (Operation operation : API) {
            linode.script(
                    Fault.answer(operation, Answer.error(500, "Internal error")).always());
        }
        drop(waiting);
        linode.await(
                now -> putsThatAre(RecordedRequest.Ending.ANSWERED, sending) == sending.size()
                        && now.requests(Operation.PROFILE).stream()
                                        .filter(probe -> probe.sequence() > before && probe.status() == 500)
                                        .count()
                                >= 4,
                LIMIT);
        List<String> closed = blocked();
        List<RecordedRequest> asked = linode.requests().stream()
                .filter(request -> request.sequence() > before && API.contains(request.operation()))
                .toList();
        linode.clearFaults();

        // then
        assertThat(closed).containsExactly("api");
        assertThat(asked).hasSizeLessThan(20);
        for (Dropped file : Stream.concat(sending.stream(), waiting.stream()).toList()) {
            JsonNode job = arrived(file);
            assertThat(problems(job))
                    .doesNotHaveDuplicates()
                    .allSatisfy(problem -> assertThat(problem).isEqualTo("linode-unavailable 1"));
            assertThat(history(job))
                    .allSatisfy(
                            entry -> assertThat(entry.get("attempt").asInt()).isLessThan(2));
            assertThat(requests(file, Operation.PUT_OBJECT)).hasSize(1);
        }
        assertThat(blocked()).isEmpty();
    }

    // ---- metrics

    @Test
    void metrics_count_a_broken_put() throws IOException {
        // given
        awaitFaultyFiles();
        Map<String, Double> before = metrics();

        // when
        Dropped file = drop(file("measured", BEYOND_BUFFERS, Fault.onPut(new Effect.CutAfter(CUT_AT))));
        arrived(file);
        Map<String, Double> after = metrics();

        // then
        double bytes = sizes.getOrDefault(file.label(), 0L);
        Map<String, Double> increases = new HashMap<>();
        after.forEach((sample, value) -> increases.put(sample, value - before.getOrDefault(sample, 0.0)));
        String upload = "imageferry_attempts_total{code=\"%s\",outcome=\"%s\",step=\"upload\"}";
        String transition = "imageferry_job_transitions_total{from=\"%s\",to=\"%s\"}";
        assertThat(increases)
                .containsEntry(upload.formatted("upload-interrupted", "retry"), 1.0)
                .containsEntry(upload.formatted("", "done"), 1.0)
                .containsEntry(transition.formatted("QUEUED", "CHECKING"), 1.0)
                .containsEntry(transition.formatted("CHECKING", "READY"), 1.0)
                .containsEntry(transition.formatted("READY", "UPLOADING"), 1.0)
                .containsEntry(transition.formatted("UPLOADING", "PROCESSING"), 1.0)
                .containsEntry(transition.formatted("PROCESSING", "AVAILABLE"), 1.0)
                .containsEntry(transition.formatted("UPLOADING", "FAILED"), 0.0)
                .containsEntry("imageferry_jobs_finished_total{code=\"\",outcome=\"AVAILABLE\"}", 1.0)
                .containsEntry("imageferry_uploaded_bytes_total{region=\"us-ord\"}", bytes)
                .containsEntry("imageferry_linode_request_seconds_count{operation=\"create\",status=\"200\"}", 1.0)
                .containsEntry("imageferry_linode_request_seconds_count{operation=\"put\",status=\"none\"}", 1.0)
                .containsEntry("imageferry_linode_request_seconds_count{operation=\"put\",status=\"200\"}", 1.0)
                .containsEntry("imageferry_upload_seconds_count", 1.0)
                .containsEntry("imageferry_check_seconds_count", 1.0)
                .containsEntry("imageferry_job_seconds_count", 1.0);
        double wasted = increases.getOrDefault("imageferry_wasted_bytes_total{code=\"upload-interrupted\"}", 0.0);
        assertThat(wasted).isBetween((double) CUT_AT, bytes);
        assertThat(increases).containsEntry("imageferry_sent_bytes_total{region=\"us-ord\"}", bytes + wasted);
        assertThat(after).containsEntry("imageferry_uploads_in_progress", 0.0);
    }

    @Test
    void metrics_contain_every_documented_name() {
        awaitFaultyFiles();

        Set<String> names = new TreeSet<>();
        metrics().keySet().forEach(sample -> names.add(sample.replaceAll("\\{.*", "")));

        assertThat(names)
                .contains(
                        "imageferry_job_transitions_total",
                        "imageferry_jobs_finished_total",
                        "imageferry_attempts_total",
                        "imageferry_sent_bytes_total",
                        "imageferry_uploaded_bytes_total",
                        "imageferry_wasted_bytes_total",
                        "imageferry_takeovers_total",
                        "imageferry_fenced_writes_total",
                        "imageferry_orphans_deleted_total",
                        "imageferry_notifications_total",
                        "imageferry_linode_request_seconds_count",
                        "imageferry_upload_seconds_bucket",
                        "imageferry_check_seconds_bucket",
                        "imageferry_processing_seconds_bucket",
                        "imageferry_queue_wait_seconds_bucket",
                        "imageferry_job_seconds_bucket",
                        "imageferry_uploads_in_progress",
                        "imageferry_upload_slots",
                        "imageferry_bandwidth_limit_bytes_per_second",
                        "imageferry_blocked",
                        "imageferry_last_scan_timestamp_seconds",
                        "imageferry_drop_files",
                        "imageferry_drop_free_bytes",
                        "imageferry_linode_rate_limit_remaining",
                        "imageferry_jobs",
                        "imageferry_oldest_waiting_seconds",
                        "imageferry_paused",
                        "imageferry_last_success_timestamp_seconds");
        assertThat(metrics()).containsEntry("imageferry_orphans_deleted_total", 2.0);
    }

    /** Returns the samples by name and labels. */
    private Map<String, Double> metrics() {
        Map<String, Double> samples = new HashMap<>();
        for (String line : daemon().get("/q/metrics")
                .body()
                .lines()
                .filter(each -> !each.startsWith("#"))
                .toList()) {
            int space = line.lastIndexOf(' ');
            samples.put(line.substring(0, space), Double.parseDouble(line.substring(space + 1)));
        }
        return samples;
    }

    // ---- checks of the whole run

    @Test
    @Order(Integer.MAX_VALUE - 1)
    void image_that_disappears_without_an_event_is_not_created_again() throws IOException {
        // when
        Dropped file = drop(file("vanished", SMALL, Fault.onProcessing(new Effect.Vanishes())));
        daemon().await("the image to be reported as vanished", LIMIT, () -> hasError(file, "image-vanished"));
        linode.await(
                now -> now.requests(Operation.EVENTS).stream()
                                .filter(events -> events.sequence()
                                        > requests(file).getLast().sequence())
                                .count()
                        >= 2,
                LIMIT);

        // then
        assertThat(job(file).orElseThrow().get("state").asText()).isEqualTo("PROCESSING");
        assertThat(changes(file)).containsExactly("CREATE 200", "PUT_OBJECT 200");
    }

    @Test
    @Order(Integer.MAX_VALUE)
    void output_contains_no_token_or_signature() throws IOException {
        // given
        Set<String> secrets = new HashSet<>(Set.of(linode.token(), "Signature=", "AWSAccessKeyId", "Bearer "));
        for (URI address : linode.uploadAddresses()) {
            Matcher signature = SIGNATURE.matcher(address.toString());
            assertThat(signature.find()).isTrue();
            secrets.add(signature.group(1));
            secrets.add(URLDecoder.decode(signature.group(1), StandardCharsets.UTF_8));
        }

        // when
        Map<String, String> shown = new HashMap<>();
        for (String path : List.of(
                "/api/v1/jobs?limit=500",
                "/api/v1/summary",
                "/api/v1/drop",
                "/q/metrics",
                "/q/health/live",
                "/q/health/ready")) {
            shown.put(path, daemon().get(path).body());
        }
        for (JsonNode job : daemon().jobs()) {
            String path = "/api/v1/jobs/" + job.get("id").asText();
            shown.put(path, daemon().get(path).body());
            shown.put(path + "/history", daemon().get(path + "/history").body());
        }
        try (Stream<Path> files = Files.walk(daemon().dropFolder())) {
            for (Path receipt : files.filter(path -> path.toString().endsWith(".receipt.json"))
                    .toList()) {
                shown.put(receipt.toString(), Files.readString(receipt));
            }
        }
        shown.put("daemon.log", daemon().log());

        // then
        assertThat(shown).hasSizeGreaterThan(3 * faultyFiles.size());
        assertThat(secrets).hasSizeGreaterThan(faultyFiles.size());
        shown.forEach((where, text) ->
                assertThat(text).as(where).isNotEmpty().doesNotContain(secrets.toArray(String[]::new)));
        assertThat(linode.requests())
                .allSatisfy(request -> assertThat(request.header("Authorization") == null)
                        .as("%s", request)
                        .isEqualTo(request.operation() == Operation.PUT_OBJECT));
    }
}
