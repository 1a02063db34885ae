package dev.imageferry.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.database.SchemaMigration;
import dev.imageferry.job.DroppedFile;
import dev.imageferry.job.FileFingerprint;
import dev.imageferry.job.ImageMetadata;
import dev.imageferry.job.ImageRecord;
import dev.imageferry.job.Job;
import dev.imageferry.linode.Answer;
import dev.imageferry.linode.CreatedImage;
import dev.imageferry.linode.HttpLinodeImages;
import dev.imageferry.linode.LinodeSettings;
import dev.imageferry.linode.NewImage;
import dev.imageferry.linode.TokenSource;
import dev.imageferry.queue.JobFilter;
import dev.imageferry.queue.JobLists;
import dev.imageferry.queue.JobQueue;
import dev.imageferry.queue.NewJob;
import dev.imageferry.queue.Offers;
import dev.imageferry.queue.QueueProfile;
import dev.imageferry.simulator.Fault;
import dev.imageferry.simulator.Operation;
import dev.imageferry.simulator.RequestListener;
import dev.imageferry.simulator.SimulatedImage;
import dev.imageferry.simulator.SimulatedLinode;
import dev.imageferry.simulator.SimulatorOptions;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.smallrye.config.SmallRyeConfigBuilder;
import jakarta.inject.Inject;
import jakarta.persistence.EntityManager;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The sweep against the simulated Linode and jobs in PostgreSQL. */
@QuarkusTest
@TestProfile(QueueProfile.class)
@SuppressWarnings("NullAway.Init") // Quarkus and JUnit set the fields
class OrphanSweepTest {
    @Inject
    JobQueue queue;

    @Inject
    Offers offers;

    @Inject
    JobLists lists;

    @Inject
    EntityManager entities;

    @Inject
    SchemaMigration schema;

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private SimulatedLinode linode;
    private HttpLinodeImages client;
    private OrphanSweep sweep;

    @BeforeEach
    void start() {
        schema.migrateWhenReachable();
        // each simulator starts its ids from the beginning
        QuarkusTransaction.requiringNew()
                .run(() ->
                        entities.createNativeQuery("TRUNCATE job, job_history").executeUpdate());
        linode = SimulatedLinode.start(SimulatorOptions.forTests());
        LinodeSettings settings = new SmallRyeConfigBuilder()
                .withMapping(LinodeSettings.class)
                .withDefaultValues(Map.of(
                        "imageferry.linode.token", linode.token(),
                        "imageferry.linode.url", linode.uri().toString()))
                .build()
                .getConfigMapping(LinodeSettings.class);
        InstantSource clock = InstantSource.system();
        client = new HttpLinodeImages(settings.url(), new TokenSource(settings), "test", clock, registry);
        sweep = new OrphanSweep(client, queue, new JobMetrics(registry, 1, List.of()));
    }

    @AfterEach
    void stop() {
        linode.close();
    }

    @Test
    void deletes_an_image_with_an_abandoned_number() throws InterruptedException {
        UUID job = job("image_number = 2, image_id = 'private/1', create_unresolved = false");
        String late = create(ImageRecord.tag(job, 1));

        sweep.sweep();

        assertThat(linode.images()).extracting(SimulatedImage::id).doesNotContain(late);
        assertThat(registry.counter("imageferry_orphans_deleted").count()).isEqualTo(1);
    }

    @Test
    void deletes_an_image_that_appeared_after_its_job_ended() throws InterruptedException {
        UUID job = job("image_number = 1, image_id = NULL, create_unresolved = false");
        String late = create(ImageRecord.tag(job, 1));

        sweep.sweep();

        assertThat(linode.images()).extracting(SimulatedImage::id).doesNotContain(late);
    }

    @Test
    void keeps_images_that_are_not_provably_left_over() throws InterruptedException {
        UUID creating = job("image_number = 1, create_unresolved = true");
        String inFlight = create(ImageRecord.tag(creating, 1));
        UUID uploading = job("image_number = 1, create_unresolved = false");
        String known = create(ImageRecord.tag(uploading, 1));
        set(uploading, "image_id = '" + known + "'");
        String ofAnotherQueue = create(ImageRecord.tag(UUID.randomUUID(), 1));
        String ofSomebodyElse = create("backup-of-mine");

        sweep.sweep();

        assertThat(linode.images())
                .extracting(SimulatedImage::id)
                .containsExactlyInAnyOrder(inFlight, known, ofAnotherQueue, ofSomebodyElse);
        assertThat(linode.requests(Operation.DELETE_IMAGE)).isEmpty();
    }

    @Test
    void keeps_an_image_with_number_0_in_its_tag() throws InterruptedException {
        UUID ended = job("image_number = 2, image_id = NULL, create_unresolved = false");
        String forged = create("imageferry-" + ended.toString().replace("-", "") + "-0");

        sweep.sweep();

        assertThat(linode.images()).extracting(SimulatedImage::id).containsExactly(forged);
    }

    @Test
    void keeps_an_image_in_use_by_a_job_whatever_its_tags() throws InterruptedException {
        UUID ended = job("image_number = 2, image_id = NULL, create_unresolved = false");
        String running = create(ImageRecord.tag(ended, 1));
        job("image_number = 1, create_unresolved = false, image_id = '" + running + "'");

        sweep.sweep();

        assertThat(linode.images()).extracting(SimulatedImage::id).containsExactly(running);
    }

    @Test
    void keeps_an_image_with_the_tags_of_two_jobs() throws InterruptedException {
        UUID ended = job("image_number = 2, image_id = NULL, create_unresolved = false");
        UUID other = job("image_number = 2, image_id = NULL, create_unresolved = false");
        String ambiguous = create(ImageRecord.tag(ended, 1), ImageRecord.tag(other, 1));

        sweep.sweep();

        assertThat(linode.images()).extracting(SimulatedImage::id).containsExactly(ambiguous);
    }

    @Test
    void reads_image_and_row_again_before_it_deletes() throws InterruptedException {
        UUID one = job("image_number = 2, image_id = NULL, create_unresolved = false");
        String taken = create(ImageRecord.tag(one, 1));
        UUID other = job("image_number = 1, create_unresolved = false");
        linode.onRequest(RequestListener.on(
                Operation.GET_IMAGE,
                RequestListener.Moment.ARRIVED,
                request -> set(other, "image_id = '" + taken + "'")));

        sweep.sweep();

        assertThat(linode.images()).extracting(SimulatedImage::id).containsExactly(taken);
    }

    @Test
    void keeps_an_image_without_a_status() throws InterruptedException {
        UUID job = job("image_number = 2, image_id = 'private/1', create_unresolved = false");
        String late = create(ImageRecord.tag(job, 1));
        linode.script(Fault.answer(
                        Operation.GET_IMAGE,
                        dev.imageferry.simulator.Answer.of(
                                200, "{\"id\":\"" + late + "\",\"tags\":[\"" + ImageRecord.tag(job, 1) + "\"]}"))
                .always());

        sweep.sweep();

        assertThat(linode.images()).extracting(SimulatedImage::id).containsExactly(late);
    }

    private String create(String... tags) throws InterruptedException {
        Answer<CreatedImage> answer = client.create(new NewImage("late", "us-ord", "", false, List.of(tags)));
        return ((Answer.Ok<CreatedImage>) answer).value().image().id();
    }

    private UUID job(String assignments) {
        UUID folder = UUID.randomUUID();
        offers.offer(new NewJob(
                folder,
                new DroppedFile("late-" + folder + ".img.gz", new FileFingerprint(1, 2, 3, 1)),
                new ImageMetadata("late", "", "us-ord", List.of(), false, List.of(), 0),
                false));
        Job job = lists.page(new JobFilter(
                        Set.of(),
                        Set.of(),
                        "late-" + folder + ".img.gz",
                        null,
                        null,
                        null,
                        null,
                        JobFilter.Order.NEWEST,
                        1,
                        null))
                .jobs()
                .getFirst();
        set(job.id(), assignments);
        return job.id();
    }

    private void set(UUID job, String assignments) {
        QuarkusTransaction.requiringNew()
                .run(() -> entities.createNativeQuery("UPDATE job SET " + assignments + " WHERE id = :id")
                        .setParameter("id", job)
                        .executeUpdate());
    }
}
