package dev.imageferry.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.imageferry.SettableClock;
import dev.imageferry.database.SchemaMigration;
import dev.imageferry.drop.Archive;
import dev.imageferry.drop.DefaultNames;
import dev.imageferry.drop.DropFolder;
import dev.imageferry.drop.ImageLabels;
import dev.imageferry.drop.MetadataDefaults;
import dev.imageferry.drop.MetadataReader;
import dev.imageferry.drop.Opening;
import dev.imageferry.drop.PreparedFiles;
import dev.imageferry.drop.WhenDone;
import dev.imageferry.job.DroppedFile;
import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.FileFingerprint;
import dev.imageferry.job.ImageMetadata;
import dev.imageferry.job.ImageRecord;
import dev.imageferry.job.Job;
import dev.imageferry.job.JobState;
import dev.imageferry.job.JobView;
import dev.imageferry.job.Problem;
import dev.imageferry.job.StepOutcome;
import dev.imageferry.job.Ticker;
import dev.imageferry.linode.Bandwidth;
import dev.imageferry.linode.Bucket;
import dev.imageferry.linode.CreatedImage;
import dev.imageferry.linode.HttpLinodeImages;
import dev.imageferry.linode.LinodeImages;
import dev.imageferry.linode.LinodeSettings;
import dev.imageferry.linode.NewImage;
import dev.imageferry.linode.TokenSource;
import dev.imageferry.queue.Claims;
import dev.imageferry.queue.Connections;
import dev.imageferry.queue.JobQueue;
import dev.imageferry.queue.Lane;
import dev.imageferry.queue.NewJob;
import dev.imageferry.queue.Offers;
import dev.imageferry.queue.QueueProfile;
import dev.imageferry.simulator.Answer;
import dev.imageferry.simulator.Effect;
import dev.imageferry.simulator.Fault;
import dev.imageferry.simulator.Operation;
import dev.imageferry.simulator.RecordedRequest;
import dev.imageferry.simulator.SimulatedImage;
import dev.imageferry.simulator.SimulatedLinode;
import dev.imageferry.simulator.SimulatorOptions;
import dev.imageferry.step.ArchiveFile;
import dev.imageferry.step.AwaitImage;
import dev.imageferry.step.CreateImage;
import dev.imageferry.step.Elapsed;
import dev.imageferry.step.EventTurns;
import dev.imageferry.step.ImageRemoval;
import dev.imageferry.step.ImageStatus;
import dev.imageferry.step.PollSettings;
import dev.imageferry.step.ReplicateImage;
import dev.imageferry.step.TaggedImages;
import dev.imageferry.step.UploadEvents;
import dev.imageferry.step.UploadFile;
import dev.imageferry.worker.Blocked;
import dev.imageferry.worker.DatabaseRetry;
import dev.imageferry.worker.Gates;
import dev.imageferry.worker.JobRun;
import dev.imageferry.worker.JudgedLinodeImages;
import dev.imageferry.worker.LinodeProbe;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import jakarta.persistence.EntityManager;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Conclusions of the steps from incomplete answers and answers of other servers, with real rows and the simulated Linode. */
@QuarkusTest
@TestProfile(QueueProfile.class)
@SuppressWarnings("NullAway.Init") // Quarkus and JUnit set the fields
class StepsAtLinodeTest {
    private static final String FILE = "debian-12.img.gz";
    private static final String LIMIT = "Account Limit reached. Please open a support ticket.";

    @Inject
    Claims claims;

    @Inject
    JobQueue queue;

    @Inject
    Offers offers;

    @Inject
    Connections connections;

    @Inject
    EntityManager entities;

    @Inject
    SchemaMigration schema;

    @Inject
    ObjectMapper json;

    @TempDir
    Path directory;

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final Gates gates = new Gates(InstantSource.system(), Ticker.SYSTEM);
    private final SettableClock ticker = new SettableClock();
    private Duration serviceIsAhead = Duration.ZERO;
    private SimulatedLinode linode;
    private DropFolder folder;
    private FileFingerprint fingerprint;
    /** The start of the daemon. Later jobs cannot come from a restored backup. */
    private Instant startedAt = Instant.EPOCH;

    private TaggedImages tagged;

    private HttpLinodeImages client;
    private CreateImage createImage;
    private UploadFile putImage;
    private ReplicateImage replicateImage;
    private AwaitImage awaitImage;
    private ImageRemoval removal;

    record Settings(Optional<String> token, Optional<Path> tokenFile, URI url) implements LinodeSettings {}

    record Poll(Duration initialDelay, Duration maxDelay, Duration timeout) implements PollSettings {}

    @BeforeEach
    void start() throws IOException {
        schema.migrateWhenReachable();
        QuarkusTransaction.requiringNew()
                .run(() ->
                        entities.createNativeQuery("TRUNCATE job, job_history").executeUpdate());
        linode = SimulatedLinode.start(SimulatorOptions.forTests()
                .withClock(() -> Instant.now().plus(serviceIsAhead))
                .withProcessing(Duration.ofMinutes(10), Duration.ZERO));
        folder = ((Opening.Opened) DropFolder.open(directory, null)).folder();
        Files.writeString(directory.resolve(FILE), "the bytes of an image".repeat(1000));
        fingerprint = FileFingerprint.of(directory.resolve(FILE));
        startTheDaemon();
    }

    /** Creates all objects of the daemon. */
    private void startTheDaemon() {
        client = new HttpLinodeImages(
                linode.uri(),
                new TokenSource(new Settings(Optional.of(linode.token()), Optional.empty(), linode.uri())),
                "test",
                InstantSource.system(),
                new SimpleMeterRegistry());
        LinodeProbe probe = new LinodeProbe(client, gates);
        LinodeImages judged = new JudgedLinodeImages(client, probe, gates);
        Elapsed elapsed = new Elapsed(ticker);
        tagged = new TaggedImages(judged, () -> startedAt);
        removal = new ImageRemoval(judged, queue, tagged, new JobMetrics(registry, 1, List.of()));
        UploadEvents events = new UploadEvents(judged, elapsed);
        ImageStatus look = new ImageStatus(judged, events);
        Poll poll = new Poll(Duration.ofSeconds(2), Duration.ofSeconds(30), Duration.ofHours(2));
        MetadataReader metadata = new MetadataReader(
                folder,
                new MetadataDefaults("us-ord", List.of(), "", false, List.of(), null, null),
                new ImageLabels("{name}", DefaultNames.NAMES, InstantSource.system(), ZoneOffset.UTC),
                (path, sidecar) -> false);
        createImage = new CreateImage(judged, queue, metadata, removal, tagged, gates, true);
        putImage = new UploadFile(
                folder,
                new PreparedFiles(folder),
                judged,
                new Bucket(
                        "test",
                        Duration.ofSeconds(20),
                        Duration.ofSeconds(20),
                        new Bandwidth(),
                        InstantSource.system(),
                        new SimpleMeterRegistry()),
                removal,
                tagged,
                events,
                probe,
                gates,
                poll,
                elapsed,
                new JobMetrics(new SimpleMeterRegistry(), 1, List.of()));
        awaitImage = new AwaitImage(look, events, poll, elapsed, new EventTurns(ticker));
        replicateImage = new ReplicateImage(judged, look, poll, elapsed);
    }

    @AfterEach
    void stop() {
        linode.close();
    }

    // --- rows, images and answers

    /** Creates a checked job of the file in the given state. */
    private UUID job(JobState state) throws Exception {
        return job(FILE, state);
    }

    private UUID job(String file, JobState state) throws Exception {
        byte[] bytes = Files.readAllBytes(directory.resolve(FILE));
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        offers.offer(new NewJob(
                folder.id(),
                new DroppedFile(file, fingerprint),
                new ImageMetadata("debian-12", "", "us-ord", List.of(), false, List.of(), 0),
                false));
        UUID id = (UUID) QuarkusTransaction.requiringNew()
                .call(() -> entities.createNativeQuery("SELECT id FROM job WHERE file = :file", UUID.class)
                        .setParameter("file", file)
                        .getSingleResult());
        set(
                id,
                "state = '" + state + "', attempt = 1, uncompressed_bytes = 1, sha256 = '" + sum("SHA-256", bytes)
                        + "', md5 = '" + sum("MD5", bytes) + "', crc32c = " + (int) crc.getValue()
                        + ", contents = '{\"partitionTable\":\"none\",\"partitions\":[],\"warnings\":[]}'"
                        + (state.isEnd() ? ", outcome_at = now()" : ""));
        return id;
    }

    private static String sum(String algorithm, byte[] bytes) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance(algorithm).digest(bytes));
    }

    private void set(UUID job, String assignments) {
        QuarkusTransaction.requiringNew()
                .run(() -> entities.createNativeQuery("UPDATE job SET " + assignments + " WHERE id = :id")
                        .setParameter("id", job)
                        .executeUpdate());
    }

    private JobRun claim(Lane lane) {
        Job job = claims.claim(lane, folder.id(), 1).getFirst().job();
        return new JobRun(job, lane, queue, new DatabaseRetry(gates, connections, pause -> ticker.advance(pause)));
    }

    private Job row(UUID job) {
        return queue.find(job).orElseThrow();
    }

    private CreatedImage image(String... tags) throws InterruptedException {
        return ((dev.imageferry.linode.Answer.Ok<CreatedImage>)
                        client.create(new NewImage("debian-12", "us-ord", "", false, List.of(tags))))
                .value();
    }

    /** Creates an image that waits for bytes and records it in the row of the job. */
    private String ownImage(UUID job) throws InterruptedException {
        CreatedImage created = image(ImageRecord.tag(job, 1));
        set(
                job,
                "image_number = 1, image_id = '" + created.image().id()
                        + "', image_status = 'pending_upload', upload_url = '"
                        + created.uploadTo().value() + "'");
        return created.image().id();
    }

    private void shows(String id, String fields) {
        linode.script(Fault.answer(
                        Operation.GET_IMAGE, Answer.of(200, "{\"id\":\"" + id + "\"" + fields.replace('\'', '"') + "}"))
                .when(target -> id.equals(target.imageIdOrNull()))
                .always());
    }

    private List<String> ids() {
        return linode.images().stream().map(SimulatedImage::id).toList();
    }

    private static Answer page(int status) {
        return Answer.of(status, status + " page not found").header("Content-Type", "text/plain");
    }

    private static Problem problemOf(StepOutcome outcome) {
        return switch (outcome) {
            case StepOutcome.RetryLater later -> later.problem();
            case StepOutcome.GaveUp gaveUp -> gaveUp.problem();
            case StepOutcome.StillPending pending -> throw new AssertionError("pending: " + pending.whyOrNull());
            case StepOutcome.Advanced advanced -> throw new AssertionError("advanced: " + advanced.detail());
            case StepOutcome.Interrupted interrupted -> throw new AssertionError(interrupted.reason());
            case StepOutcome.Archived archived -> throw new AssertionError("archived");
        };
    }

    // --- what is deleted

    @ParameterizedTest
    @ValueSource(strings = {"", ",'tags':null", ",'tags':[]", ",'tags':['renamed by hand']"})
    void a_damaged_image_is_deleted_unless_its_tags_name_another_job(String fields) throws Exception {
        UUID job = job(JobState.UPLOADING);
        String damaged = ownImage(job);
        set(job, "upload_url = NULL");
        shows(damaged, ",'status':'available'" + fields);

        JobRun run = claim(Lane.UPLOAD);
        assertThat(run.job().image().isCorrupted()).isTrue();
        assertThat(removal.remove(run)).isEmpty();

        assertThat(ids()).doesNotContain(damaged);
    }

    @Test
    void an_image_whose_tags_name_another_job_stays() throws Exception {
        UUID job = job(JobState.UPLOADING);
        String others = ownImage(job);
        shows(others, ",'status':'pending_upload','tags':['" + ImageRecord.tag(UUID.randomUUID(), 1) + "']");

        assertThat(removal.remove(claim(Lane.UPLOAD))).isEmpty();

        assertThat(ids()).contains(others);
    }

    @Test
    void an_image_without_a_status_is_not_deleted() throws Exception {
        UUID job = job(JobState.CANCELLED);
        String image = ownImage(job);
        shows(image, "");

        assertThat(removal.remove(claim(Lane.ARCHIVE)))
                .hasValueSatisfying(problem -> assertThat(problem.message()).contains(image, "not deleted yet"));

        assertThat(ids()).contains(image);
    }

    @Test
    void an_image_that_became_available_before_the_cancellation_stays_and_is_recorded() throws Exception {
        UUID job = job(JobState.CANCELLED);
        String image = ownImage(job);
        set(job, "upload_url = NULL, all_bytes_sent_at = now()");
        shows(image, ",'status':'available','regions':[{'region':'us-ord','status':'available'}]");

        assertThat(removal.remove(claim(Lane.ARCHIVE))).isEmpty();

        assertThat(ids()).contains(image);
        assertThat(row(job).image().idOrNull()).isEqualTo(image);
        assertThat(row(job).image().isAvailable()).isTrue();
    }

    @Test
    void archiving_keeps_an_available_image_in_the_row() throws Exception {
        UUID job = job(JobState.CANCELLED);
        String image = ownImage(job);
        set(job, "upload_url = NULL, all_bytes_sent_at = now(), error_code = 'cancelled', error_message = ''");
        shows(image, ",'status':'available','regions':[]");
        ArchiveFile archiveFile = new ArchiveFile(
                new Archive(folder),
                new PreparedFiles(folder),
                removal,
                WhenDone.MOVE,
                json,
                new JobView.Terms(8, 0.10));

        assertThat(archiveFile.run(claim(Lane.ARCHIVE)))
                .isInstanceOfSatisfying(
                        StepOutcome.Archived.class,
                        archived -> assertThat(archived.fileGone()).isTrue());

        assertThat(directory.resolve("failed").resolve(FILE)).exists();
        assertThat(row(job).image().idOrNull()).isEqualTo(image);
        assertThat(ids()).contains(image);
    }

    @Test
    void archiving_removes_a_deleted_image_from_the_row() throws Exception {
        UUID job = job(JobState.CANCELLED);
        String image = ownImage(job);
        set(job, "error_code = 'cancelled', error_message = ''");
        ArchiveFile archiveFile = new ArchiveFile(
                new Archive(folder),
                new PreparedFiles(folder),
                removal,
                WhenDone.MOVE,
                json,
                new JobView.Terms(8, 0.10));

        assertThat(archiveFile.run(claim(Lane.ARCHIVE)))
                .isInstanceOfSatisfying(
                        StepOutcome.Archived.class,
                        archived -> assertThat(archived.fileGone()).isTrue());

        assertThat(row(job).image().idOrNull()).isNull();
        assertThat(ids()).doesNotContain(image);
    }

    @Test
    void an_image_with_status_creating_stays_while_it_is_copied() throws Exception {
        UUID job = job(JobState.CANCELLED);
        String image = ownImage(job);
        set(job, "upload_url = NULL, all_bytes_sent_at = now(), image_status = 'creating'");
        shows(image, ",'status':'creating','regions':[{'region':'us-ord','status':'available'}]");

        assertThat(removal.remove(claim(Lane.ARCHIVE))).isEmpty();

        assertThat(ids()).contains(image);
    }

    @Test
    void an_image_counts_as_available_while_it_is_copied() throws Exception {
        UUID job = job(JobState.REPLICATING);
        String image = ownImage(job);
        set(job, "upload_url = NULL, image_status = 'available', replicate_to = '{us-iad}'");
        shows(
                image,
                ",'status':'creating','regions':[{'region':'us-ord','status':'available'},{'region':'us-iad','status':'pending replication'}]");

        StepOutcome outcome = replicateImage.run(claim(Lane.AWAIT));

        assertThat(outcome).isInstanceOf(StepOutcome.StillPending.class);
        // cancellation and archiving depend on this
        assertThat(outcome.job().image().isAvailable()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"GET_IMAGE, 404", "GET_IMAGE, 403", "DELETE_IMAGE, 404", "DELETE_IMAGE, 400"})
    void a_page_of_another_server_does_not_prove_that_an_image_is_gone(Operation operation, int status)
            throws Exception {
        UUID job = job(JobState.CANCELLED);
        String image = ownImage(job);
        linode.script(Fault.answer(operation, page(status)).always());

        assertThat(removal.remove(claim(Lane.ARCHIVE)))
                .hasValueSatisfying(problem -> assertThat(problem.code()).isEqualTo(ErrorCode.LINODE_ERROR));

        assertThat(ids()).contains(image);
        assertThat(gates.blocked()).isEmpty();
    }

    @Test
    void a_page_instead_of_an_image_counts_as_an_attempt_and_does_not_end_the_job() throws Exception {
        UUID job = job(JobState.PROCESSING);
        String image = ownImage(job);
        set(job, "upload_url = NULL, all_bytes_sent_at = now()");
        linode.script(Fault.answer(Operation.GET_IMAGE, page(404)).always());
        linode.script(Fault.answer(Operation.EVENTS, page(404)).always());

        StepOutcome outcome = awaitImage.run(claim(Lane.AWAIT));

        assertThat(outcome).isInstanceOf(StepOutcome.RetryLater.class);
        assertThat(problemOf(outcome).code()).isEqualTo(ErrorCode.LINODE_ERROR);
        assertThat(outcome.job().image().idOrNull()).isEqualTo(image);
    }

    // --- whether bytes arrived

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "'status':'creating' | true",
                "'status':'available' | true",
                "'status':'pending_upload' | false",
                "'status':'pending' | false",
                "'status':'' | false",
                "'status':null | false",
                "'label':'x' | false"
            })
    void only_creating_or_available_proves_that_a_put_without_an_answer_arrived(String field, boolean arrived)
            throws Exception {
        UUID job = job(JobState.UPLOADING);
        String image = ownImage(job);
        set(job, "all_bytes_sent_at = now()");
        shows(image, "," + field);

        StepOutcome outcome = putImage.run(claim(Lane.UPLOAD));

        assertThat(outcome).isInstanceOf(arrived ? StepOutcome.Advanced.class : StepOutcome.StillPending.class);
        assertThat(linode.requests(Operation.PUT_OBJECT)).isEmpty();
    }

    @Test
    void bytes_are_sent_again_after_two_minutes_without_proof_of_arrival() throws Exception {
        UUID job = job(JobState.UPLOADING);
        ownImage(job);
        set(job, "all_bytes_sent_at = now()");
        linode.script(Fault.answer(
                        Operation.EVENTS,
                        Answer.of(
                                200,
                                "{\"data\":[{\"id\":1,\"action\":\"image_upload\",\"status\":\"started\"}],\"pages\":1,\"results\":1}"))
                .always());
        JobRun run = claim(Lane.UPLOAD);
        assertThat(putImage.run(run)).isInstanceOf(StepOutcome.StillPending.class);
        assertThat(linode.requests(Operation.PUT_OBJECT)).isEmpty();

        // measured with the ticker and not with the row's clock
        ticker.advance(Duration.ofMinutes(2));
        StepOutcome outcome = putImage.run(run);

        assertThat(outcome)
                .isInstanceOfSatisfying(
                        StepOutcome.Advanced.class,
                        sent -> assertThat(sent.next()).isEqualTo(JobState.PROCESSING));
        assertThat(linode.requests(Operation.PUT_OBJECT)).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"'status':'pending'", "'label':'x'"})
    void after_a_restart_an_unknown_status_does_not_prove_that_bytes_arrived(String field) throws Exception {
        UUID job = job(JobState.UPLOADING);
        String image = ownImage(job);
        startedAt = Instant.now().plusSeconds(3600);
        startTheDaemon();
        shows(image, "," + field);

        StepOutcome outcome = putImage.run(claim(Lane.UPLOAD));

        assertThat(outcome).isInstanceOf(StepOutcome.Advanced.class);
        assertThat(linode.requests(Operation.PUT_OBJECT)).hasSize(1);
    }

    @Test
    void an_image_that_has_its_bytes_is_not_condemned_by_a_row_from_a_backup() throws Exception {
        UUID job = job(JobState.UPLOADING);
        String image = ownImage(job);
        startedAt = Instant.now().plusSeconds(3600);
        startTheDaemon();
        shows(image, ",'status':'creating'");

        StepOutcome outcome = putImage.run(claim(Lane.UPLOAD));

        assertThat(outcome).isInstanceOf(StepOutcome.Advanced.class);
        assertThat(outcome.job().image().isCorrupted()).isFalse();
    }

    /** As after a failover to a standby that lacks the last commits. */
    @Test
    void after_an_outage_of_the_database_a_row_that_went_back_leads_to_no_second_image() throws Exception {
        UUID job = job(JobState.READY);
        createImage.run(claim(Lane.UPLOAD));
        set(
                job,
                "state = 'READY', attempt = 0, image_number = 0, create_unresolved = false, image_id = NULL, image_status = NULL,"
                        + " upload_url = NULL, instance = NULL, lease_until = NULL");
        startedAt = Instant.now().plusSeconds(3600);
        tagged.databaseWasAway();

        createImage.run(claim(Lane.UPLOAD));

        assertThat(linode.requests(Operation.CREATE)).hasSize(2);
        assertThat(linode.images())
                .singleElement()
                .satisfies(image -> assertThat(image.tags()).containsExactly(ImageRecord.tag(job, 2)));
    }

    // --- clocks

    @ParameterizedTest
    @ValueSource(ints = {-25, 0, 25})
    void one_create_call_and_one_put_are_enough_with_any_offset_of_linodes_clock(int hours) throws Exception {
        serviceIsAhead = Duration.ofHours(hours);
        job(JobState.READY);
        JobRun run = claim(Lane.UPLOAD);

        StepOutcome created = createImage.run(run);
        run.advanceTo(created.job());
        StepOutcome sent = putImage.run(run);

        assertThat(sent).isInstanceOf(StepOutcome.Advanced.class);
        assertThat(linode.requests(Operation.CREATE)).hasSize(1);
        assertThat(linode.requests(Operation.PUT_OBJECT)).hasSize(1);
    }

    @Test
    void an_upload_url_that_has_expired_by_linodes_clock_is_not_used() throws Exception {
        UUID job = job(JobState.UPLOADING);
        String image = ownImage(job);
        serviceIsAhead = Duration.ofHours(-30);
        set(
                job,
                "upload_url = '" + linode.uri() + "/x?Expires="
                        + Instant.now().minus(Duration.ofHours(31)).getEpochSecond() + "'");
        client.profile();

        StepOutcome outcome = putImage.run(claim(Lane.UPLOAD));

        assertThat(problemOf(outcome).code()).isEqualTo(ErrorCode.UPLOAD_URL_EXPIRED);
        assertThat(linode.requests(Operation.PUT_OBJECT)).isEmpty();
        assertThat(ids()).doesNotContain(image);
    }

    @Test
    void the_bucket_decides_about_expiry_while_linodes_clock_is_unknown() throws Exception {
        serviceIsAhead = Duration.ofHours(-25);
        UUID job = job(JobState.UPLOADING);
        ownImage(job);
        startTheDaemon();
        assertThat(client.serviceTime()).isEmpty();

        StepOutcome outcome = putImage.run(claim(Lane.UPLOAD));

        assertThat(outcome).isInstanceOf(StepOutcome.Advanced.class);
    }

    @Test
    void an_expired_upload_url_does_not_matter_if_an_earlier_put_has_arrived() throws Exception {
        UUID job = job(JobState.UPLOADING);
        String image = ownImage(job);
        set(job, "all_bytes_sent_at = now() - interval '3 minutes'");
        linode.script(Fault.answer(
                        Operation.GET_IMAGE,
                        Answer.of(200, "{\"id\":\"" + image + "\",\"status\":\"available\",\"tags\":[]}"))
                .fromNth(2)
                .always());
        linode.script(Fault.answer(
                Operation.PUT_OBJECT,
                Answer.of(403, "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>")));

        StepOutcome outcome = putImage.run(claim(Lane.UPLOAD));

        assertThat(outcome)
                .isInstanceOfSatisfying(
                        StepOutcome.Advanced.class,
                        arrived -> assertThat(arrived.next()).isEqualTo(JobState.PROCESSING));
        assertThat(ids()).contains(image);
    }

    // --- creating

    @ParameterizedTest
    @ValueSource(ints = {400, 403, 404})
    void a_page_instead_of_an_answer_to_create_is_retried_and_leaves_one_image(int status) throws Exception {
        UUID job = job(JobState.READY);
        linode.script(Fault.on(Operation.CREATE, new Effect.HandleThenAnswer(page(status))));
        JobRun run = claim(Lane.UPLOAD);

        StepOutcome refused = createImage.run(run);
        assertThat(problemOf(refused).code()).isEqualTo(ErrorCode.LINODE_ERROR);
        assertThat(refused.job().image().createUnresolved()).isTrue();
        assertThat(gates.blocked()).isEmpty();
        run.advanceTo(refused.job());
        StepOutcome created = createImage.run(run);

        assertThat(created).isInstanceOf(StepOutcome.Advanced.class);
        assertThat(linode.images())
                .singleElement()
                .satisfies(image -> assertThat(image.tags()).contains(ImageRecord.tag(job, 2)));
    }

    @Test
    void an_image_whose_tags_are_missing_in_the_listing_is_fetched_separately() throws Exception {
        UUID job = job(JobState.UPLOADING);
        String leftOver = image(ImageRecord.tag(job, 1)).image().id();
        set(job, "image_number = 1, create_unresolved = true");
        lists("{\"id\":\"" + leftOver + "\",\"label\":\"debian-12\",\"status\":\"pending_upload\"}");

        StepOutcome created = createImage.run(claim(Lane.UPLOAD));

        assertThat(created).isInstanceOf(StepOutcome.Advanced.class);
        assertThat(linode.images())
                .singleElement()
                .satisfies(image -> assertThat(image.tags()).contains(ImageRecord.tag(job, 2)));
    }

    @Test
    void no_image_is_created_while_the_fate_of_the_previous_one_is_unknown() throws Exception {
        UUID job = job(JobState.UPLOADING);
        String leftOver = image(ImageRecord.tag(job, 1)).image().id();
        set(job, "image_number = 1, create_unresolved = true");
        lists("{\"id\":\"" + leftOver + "\",\"status\":\"pending_upload\"}");
        shows(leftOver, ",'status':'pending_upload'");

        StepOutcome outcome = createImage.run(claim(Lane.UPLOAD));

        assertThat(problemOf(outcome).message()).contains(leftOver, "did not return the tags");
        assertThat(outcome.job().image().createUnresolved()).isTrue();
        assertThat(ids()).containsExactly(leftOver);
    }

    @Test
    void no_image_is_created_after_an_incomplete_listing() throws Exception {
        UUID job = job(JobState.UPLOADING);
        String leftOver = image(ImageRecord.tag(job, 1)).image().id();
        set(job, "image_number = 1, create_unresolved = true");
        linode.script(
                Fault.answer(Operation.LIST, Answer.of(200, "{\"data\":[],\"page\":1,\"pages\":1,\"results\":1}")));

        StepOutcome outcome = createImage.run(claim(Lane.UPLOAD));

        assertThat(problemOf(outcome).message()).contains("is incomplete");
        assertThat(ids()).containsExactly(leftOver);
    }

    private void lists(String entry) {
        linode.script(Fault.answer(
                Operation.LIST, Answer.of(200, "{\"data\":[" + entry + "],\"page\":1,\"pages\":1,\"results\":1}")));
    }

    @Test
    void a_tagged_image_in_use_by_another_job_stays() throws Exception {
        UUID other = job("other.img.gz", JobState.AVAILABLE);
        UUID job = job(JobState.UPLOADING);
        String image = image(ImageRecord.tag(job, 1)).image().id();
        set(other, "image_number = 1, image_id = '" + image + "', image_status = 'available', label = 'another'");
        set(job, "image_number = 1, create_unresolved = true");

        assertThat(createImage.run(claim(Lane.UPLOAD))).isInstanceOf(StepOutcome.Advanced.class);

        assertThat(ids()).contains(image).hasSize(2);
    }

    @Test
    void only_two_refusals_in_a_row_for_the_limit_close_the_gate() throws Exception {
        UUID job = job(JobState.READY);
        linode.script(Fault.answer(Operation.CREATE, Answer.error(400, LIMIT)));
        JobRun run = claim(Lane.UPLOAD);

        assertThat(createImage.run(run)).isInstanceOf(StepOutcome.Advanced.class);
        assertThat(gates.blocked()).isEmpty();
        assertThat(linode.images()).hasSize(1);

        set(job, "image_id = NULL, upload_url = NULL");
        run.advanceTo(row(job));
        linode.script(Fault.answer(Operation.CREATE, Answer.error(400, LIMIT)).times(2));
        StepOutcome full = createImage.run(run);

        assertThat(problemOf(full).code()).isEqualTo(ErrorCode.QUOTA_EXCEEDED);
        assertThat(full.job().image().createUnresolved()).isFalse();
        assertThat(gates.blocked()).extracting(Blocked::gate).containsExactly("quota");
    }

    @Test
    void the_image_of_a_duplicate_is_used_while_it_is_copied() throws Exception {
        UUID twin = job("twin.img.gz", JobState.AVAILABLE);
        String image = image(ImageRecord.tag(twin, 1)).image().id();
        set(twin, "image_number = 1, image_id = '" + image + "', image_status = 'available'");
        job(JobState.READY);
        shows(image, ",'status':'creating'");

        StepOutcome outcome = createImage.run(claim(Lane.UPLOAD));

        assertThat(outcome)
                .isInstanceOfSatisfying(
                        StepOutcome.Advanced.class,
                        adopted -> assertThat(adopted.next()).isEqualTo(JobState.AVAILABLE));
        assertThat(outcome.job().image().idOrNull()).isEqualTo(image);
        assertThat(ids()).containsExactly(image);
    }

    // --- copies

    private @Nullable String askedFor(String regions) throws Exception {
        UUID job = job(JobState.REPLICATING);
        String image = ownImage(job);
        set(
                job,
                "upload_url = NULL, image_status = 'available', replicate_to = '{us-iad}',"
                        + " image_regions = '[{\"region\":\"us-ord\",\"status\":\"available\"},{\"region\":\"de-fra-2\",\"status\":\"available\"}]'");
        shows(image, ",'status':'available'" + regions);
        linode.script(
                Fault.answer(Operation.REPLICATE, Answer.error(500, "not now")).always());

        replicateImage.run(claim(Lane.AWAIT));

        return linode.requests(Operation.REPLICATE).stream()
                .map(RecordedRequest::body)
                .findFirst()
                .orElse(null);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ",'regions':null", ",'regions':[{'status':'available'}]"})
    void no_copy_is_requested_while_existing_copies_are_unknown(String regions) throws Exception {
        assertThat(askedFor(regions)).isNull();
    }

    @Test
    void an_empty_list_of_regions_does_not_remove_the_image_from_its_own_region() throws Exception {
        assertThat(askedFor(",'regions':[]")).contains("us-iad", "us-ord").doesNotContain("de-fra-2");
    }

    @Test
    void a_listing_from_before_the_request_for_copies_does_not_repeat_the_request() throws Exception {
        UUID job = job(JobState.REPLICATING);
        String id = ownImage(job);
        set(job, "image_status = 'available', upload_url = NULL, replicate_to = '{us-iad}'");
        shows(id, ",'status':'available','regions':[{'region':'us-ord','status':'available'}]");
        linode.script(Fault.answer(
                Operation.LIST,
                Answer.of(
                        200,
                        ("{'data':[{'id':'" + id
                                        + "','status':'available','regions':[{'region':'us-ord','status':'available'}]}],"
                                        + "'page':1,'pages':1,'results':1}")
                                .replace('\'', '"'))));
        for (int poll = 0; poll <= 800; poll++) {
            client.poll(id, image -> true);
        }
        assertThat(linode.requests(Operation.LIST)).hasSize(1);

        JobRun run = claim(Lane.AWAIT);
        linode.script(Fault.answer(
                Operation.REPLICATE,
                Answer.of(
                        200,
                        ("{'id':'" + id
                                        + "','status':'available','regions':[{'region':'us-ord','status':'available'},"
                                        + "{'region':'us-iad','status':'pending replication'}]}")
                                .replace('\'', '"'))));
        assertThat(replicateImage.run(run)).isInstanceOf(StepOutcome.StillPending.class);
        linode.clearFaults();
        shows(
                id,
                ",'status':'available','regions':[{'region':'us-ord','status':'available'},"
                        + "{'region':'us-iad','status':'pending replication'}]");
        assertThat(replicateImage.run(run)).isInstanceOf(StepOutcome.StillPending.class);

        assertThat(linode.requests(Operation.REPLICATE)).hasSize(1);
        assertThat(linode.requests(Operation.LIST)).hasSize(1);
    }
}
