package dev.imageferry.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.family.PruneImages;
import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.ImageRecord;
import dev.imageferry.job.Job;
import dev.imageferry.job.Problem;
import dev.imageferry.simulator.Answer;
import dev.imageferry.simulator.Effect;
import dev.imageferry.simulator.Fault;
import dev.imageferry.simulator.Operation;
import dev.imageferry.simulator.OtherImages;
import dev.imageferry.simulator.SimulatedLinode;
import dev.imageferry.simulator.SimulatorOptions;
import dev.imageferry.worker.Gate;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which images of a family are deleted, and which never are. */
@SuppressWarnings("NullAway.Init") // JUnit sets the fields
class FamilyRetentionTest {
    private static final SimulatedLinode LINODE = SimulatedLinode.start(Scenario.options(SimulatorOptions.forTests()));

    @TempDir
    Path root;

    private FamilyGround ground;
    private Pipeline.Daemon daemon;

    @BeforeEach
    void keepTwo() {
        ground = new FamilyGround(LINODE, root, 2);
        daemon = ground.pipeline().start();
    }

    @AfterAll
    static void close() {
        LINODE.close();
    }

    private List<String> details(String name) {
        return ground.pipeline().queue().history(ground.job(name).id()).stream()
                .map(List::getLast)
                .toList();
    }

    private double pruned() {
        return daemon.registry().counter("imageferry_images_pruned").count();
    }

    private static Set<String> set(String... ids) {
        return new TreeSet<>(List.of(ids));
    }

    // ---- what is deleted

    @Test
    void deletes_the_images_beyond_the_newest_one_by_one_the_oldest_first() {
        List<String> images = ground.images(daemon, "a", "b", "c", "d");

        daemon.prune();

        assertThat(ground.atLinode()).isEqualTo(set(images.get(2), images.get(3)));
        assertThat(ground.requested(Operation.DELETE_IMAGE)).containsExactly(images.get(0), images.get(1));
        assertThat(ground.listings()).isOne();
        assertThat(ground.retired()).containsExactly("a", "b");
        assertThat(Objects.requireNonNull(ground.job("a").retiredOrNull()).reason())
                .isEqualTo("family debian keeps 2 images, and its newest is " + images.get(3));
        assertThat(details("a"))
                .endsWith(
                        "deleting image " + images.get(0)
                                + " at Linode: family debian keeps 2 images, and its newest is " + images.get(3),
                        "deleted image " + images.get(0) + " at Linode");
        assertThat(pruned()).isEqualTo(2);
    }

    @Test
    void runs_after_an_image_became_available_and_makes_no_call_otherwise() {
        ground.images(daemon, "a", "b", "c");
        daemon.prune();
        int before = LINODE.requests().size();

        daemon.prune();
        daemon.pipeline().clock().advance(Duration.ofHours(1));
        daemon.prune();

        assertThat(LINODE.requests()).hasSize(before);
        assertThat(pruned()).isEqualTo(1);
    }

    @Test
    void the_newest_job_decides_how_many_are_kept() {
        ground.images(daemon, "a", "b");
        ground.pipeline().set("imageferry.image.keep", "1");
        daemon = ground.pipeline().start();
        List<String> images = ground.images(daemon, "c");

        daemon.prune();

        assertThat(ground.atLinode()).isEqualTo(set(images.get(2)));
    }

    @Test
    void an_older_job_that_ends_later_does_not_become_the_newest() {
        List<String> images = ground.images(daemon, "a", "b", "c");
        ground.pipeline()
                .queue()
                .execute("UPDATE job SET created_at = created_at - interval '1 hour' WHERE file = 'c.img.gz'");

        daemon.prune();

        assertThat(ground.atLinode()).isEqualTo(set(images.get(0), images.get(1)));
    }

    @Test
    void a_family_without_a_number_keeps_all_images() {
        ground.images(daemon, "a", "b", "c");
        ground.pipeline().queue().execute("UPDATE job SET keep = NULL WHERE file = 'c.img.gz'");

        daemon.prune();

        assertThat(ground.atLinode()).hasSize(3);
        assertThat(ground.listings()).isZero();
    }

    @Test
    void an_image_that_a_user_deleted_is_recorded_and_not_counted() {
        List<String> images = ground.images(daemon, "a", "b", "c", "d");
        LINODE.vanish(images.get(0));
        LINODE.vanish(images.get(3));

        daemon.prune();

        assertThat(ground.atLinode()).isEqualTo(set(images.get(1), images.get(2)));
        assertThat(ground.requested(Operation.DELETE_IMAGE)).isEmpty();
        assertThat(ground.retired()).containsExactly("a");
        assertThat(details("a")).last().asString().contains("does not exist at Linode any more");
        assertThat(pruned()).isZero();
    }

    @Test
    void other_families_and_images_of_others_stay() {
        List<String> images = ground.images(daemon, "a", "b", "c");
        String ofAnotherQueue = OtherImages.create(LINODE, ImageRecord.tag(UUID.randomUUID(), 1), "family-other");
        String ofSomebody = OtherImages.create(LINODE, "backup");
        ground.pipeline().queue().execute("UPDATE job SET family = 'alpine' WHERE file = 'a.img.gz'");
        OtherImages.setTags(
                LINODE, images.get(0), ImageRecord.tag(ground.job("a").id(), 1), "family-alpine");
        images = ground.images(daemon, "d");

        daemon.prune();

        assertThat(ground.atLinode())
                .isEqualTo(set(images.get(0), images.get(2), images.get(3), ofAnotherQueue, ofSomebody));
    }

    // ---- images that are never deleted

    /** What makes the oldest image one that must not be deleted. */
    enum Protection {
        WITHOUT_OUR_TAG,
        WITHOUT_THE_TAG_OF_THE_FAMILY,
        WITH_THE_TAGS_OF_TWO_JOBS,
        NOT_AVAILABLE_WHEN_LISTED,
        NOT_AVAILABLE_WHEN_FETCHED,
        WITHOUT_A_STATUS,
        HELD_BY_A_JOB_WITHOUT_A_FAMILY,
        HELD_BY_A_JOB_OF_ANOTHER_FAMILY,
        HELD_BY_A_FAILED_JOB,
        HELD_BY_A_REPLICATING_JOB,
        WITH_A_JOB_OF_THE_SAME_CONTENT_IN_PROGRESS
    }

    @ParameterizedTest
    @EnumSource
    void keeps_an_image(Protection protection) {
        List<String> images = ground.images(daemon, "a", "b", "c");
        protect(protection, ground.job("a"), ground.job("b"));

        daemon.prune();

        assertThat(ground.atLinode()).contains(images.get(0));
        assertThat(ground.requested(Operation.DELETE_IMAGE)).isEmpty();
        assertThat(ground.retired()).isEmpty();
    }

    private void protect(Protection protection, Job job, Job other) {
        String id = FamilyGround.imageOf(job);
        String tag = ImageRecord.tag(job.id(), 1);
        switch (protection) {
            case WITHOUT_OUR_TAG -> OtherImages.setTags(LINODE, id, FamilyGround.FAMILY_TAG);
            case WITHOUT_THE_TAG_OF_THE_FAMILY -> OtherImages.setTags(LINODE, id, tag);
            case WITH_THE_TAGS_OF_TWO_JOBS ->
                OtherImages.setTags(LINODE, id, tag, ImageRecord.tag(other.id(), 1), FamilyGround.FAMILY_TAG);
            case NOT_AVAILABLE_WHEN_LISTED ->
                LINODE.script(Fault.on(Operation.LIST, new Effect.WithField("status", "creating")));
            case NOT_AVAILABLE_WHEN_FETCHED ->
                LINODE.script(Fault.on(Operation.GET_IMAGE, new Effect.WithField("status", "creating"))
                        .always());
            case WITHOUT_A_STATUS ->
                LINODE.script(Fault.on(Operation.GET_IMAGE, new Effect.WithoutField("status"))
                        .always());
            case HELD_BY_A_JOB_WITHOUT_A_FAMILY -> copy(job, "family = NULL");
            case HELD_BY_A_JOB_OF_ANOTHER_FAMILY -> copy(job, "family = 'alpine'");
            case HELD_BY_A_FAILED_JOB -> copy(job, "state = 'FAILED'");
            case HELD_BY_A_REPLICATING_JOB -> copy(job, "state = 'REPLICATING', outcome_at = NULL, archived_at = NULL");
            case WITH_A_JOB_OF_THE_SAME_CONTENT_IN_PROGRESS ->
                copy(job, "state = 'UPLOADING', image_id = NULL, outcome_at = NULL, archived_at = NULL, label = 'x'");
        }
    }

    /** Adds another job of the same content, which is older and has no image number, as one that got the image of the first. */
    private void copy(Job job, String assignments) {
        ground.pipeline().queue().execute("""
                CREATE TEMPORARY TABLE copied AS SELECT * FROM job WHERE id = ?;
                UPDATE copied SET id = gen_random_uuid(), file = 'copy.img.gz', image_number = 0, created_at = '2025-01-01', %s;
                INSERT INTO job SELECT * FROM copied;
                DROP TABLE copied
                """.formatted(assignments).replace("?", "'" + job.id() + "'"));
    }

    @Test
    void an_image_that_two_jobs_of_the_family_share_is_as_new_as_the_newer_job() {
        List<String> images = ground.images(daemon, "a", "b", "c");
        copy(ground.job("a"), "label = label");
        ground.created("copy.img.gz");

        daemon.prune();

        assertThat(ground.atLinode()).isEqualTo(set(images.get(0), images.get(2)));
        assertThat(ground.retired()).containsExactly("b");
    }

    @Test
    void all_jobs_of_the_family_that_share_a_deleted_image_record_it() {
        ground.images(daemon, "a", "b", "c");
        copy(ground.job("a"), "label = label");

        daemon.prune();

        assertThat(ground.retired()).containsExactlyInAnyOrder("a", "copy");
        assertThat(pruned()).isEqualTo(1);
    }

    // ---- while anything is unclear

    /** Images and rows that do not fit together. */
    enum Contradiction {
        LIST_IS_CUT,
        LIST_LACKS_THE_NEWEST,
        LIST_LACKS_A_KEPT_ONE,
        LIST_LACKS_ONE_TO_DELETE,
        LIST_FAILS,
        LIST_IS_NO_JSON,
        LIST_HAS_NO_LENGTH,
        LIST_HAS_NO_TAGS,
        FOREIGN_IMAGE_WITH_OUR_FORM_OF_TAG,
        FOREIGN_IMAGE_WITH_ONLY_THE_FAMILY,
        FOREIGN_IMAGE_WITH_THE_TAG_OF_A_JOB,
        NEWEST_JOBS_ARE_LOST,
        A_JOB_LOST_ITS_IMAGE,
        A_JOB_IS_BEHIND_ITS_IMAGE,
        ANOTHER_JOB_IS_BEHIND_ITS_IMAGE
    }

    @ParameterizedTest
    @EnumSource
    void deletes_nothing_while(Contradiction contradiction) {
        List<String> images = ground.images(daemon, "a", "b", "c", "d");
        contradict(contradiction, images);
        Set<String> before = ground.atLinode();

        try (LogCapture log = LogCapture.on(PruneImages.class)) {
            daemon.prune();
            daemon.pipeline().clock().advance(Duration.ofMinutes(10));
            daemon.prune();

            assertThat(log.lines())
                    .singleElement()
                    .asString()
                    .contains("images of a family are not deleted family=debian");
        }
        assertThat(ground.atLinode()).isEqualTo(before);
        assertThat(ground.requested(Operation.DELETE_IMAGE)).isEmpty();
        assertThat(ground.retired()).isEmpty();
    }

    private void contradict(Contradiction contradiction, List<String> images) {
        Job first = ground.job("a");
        switch (contradiction) {
            case LIST_IS_CUT -> lists(new Effect.WithoutImages(Set.of(images.get(2)), true));
            case LIST_LACKS_THE_NEWEST -> lists(new Effect.WithoutImages(Set.of(images.get(3)), false));
            case LIST_LACKS_A_KEPT_ONE -> lists(new Effect.WithoutImages(Set.of(images.get(2)), false));
            case LIST_LACKS_ONE_TO_DELETE -> lists(new Effect.WithoutImages(Set.of(images.get(0)), false));
            case LIST_FAILS -> lists(new Effect.AnswerInstead(Answer.error(500, "Internal Server Error")));
            case LIST_IS_NO_JSON -> lists(new Effect.AnswerInstead(Answer.nginx(404, "Not Found")));
            case LIST_HAS_NO_LENGTH ->
                lists(new Effect.AnswerInstead(
                        Answer.of(200, "{\"data\":[]}").header("Content-Type", "application/json")));
            case LIST_HAS_NO_TAGS -> lists(new Effect.WithoutField("tags"));
            case FOREIGN_IMAGE_WITH_OUR_FORM_OF_TAG ->
                OtherImages.create(LINODE, ImageRecord.tag(UUID.randomUUID(), 1), FamilyGround.FAMILY_TAG);
            case FOREIGN_IMAGE_WITH_ONLY_THE_FAMILY -> OtherImages.create(LINODE, FamilyGround.FAMILY_TAG);
            case FOREIGN_IMAGE_WITH_THE_TAG_OF_A_JOB ->
                OtherImages.create(LINODE, ImageRecord.tag(first.id(), 1), FamilyGround.FAMILY_TAG);
            case NEWEST_JOBS_ARE_LOST -> ground.pipeline().queue().execute("DELETE FROM job WHERE file = 'd.img.gz'");
            case A_JOB_LOST_ITS_IMAGE ->
                ground.pipeline().queue().execute("UPDATE job SET image_id = 'private/1' WHERE file = 'd.img.gz'");
            case A_JOB_IS_BEHIND_ITS_IMAGE ->
                ground.pipeline()
                        .queue()
                        .execute(
                                "UPDATE job SET state = 'READY', outcome_at = NULL, archived_at = NULL, image_id = NULL,"
                                        + " image_number = 0 WHERE file = 'd.img.gz'");
            case ANOTHER_JOB_IS_BEHIND_ITS_IMAGE -> OtherImages.create(LINODE, ImageRecord.tag(first.id(), 2));
        }
    }

    private static void lists(Effect.OnCall effect) {
        LINODE.script(Fault.on(Operation.LIST, effect).always());
    }

    @ParameterizedTest
    @ValueSource(strings = {"api", "token", "database"})
    void calls_nothing_behind_a_closed_gate(String gate) {
        ground.images(daemon, "a", "b", "c");
        Problem problem = new Problem(ErrorCode.LINODE_UNAVAILABLE, "maintenance");
        daemon.gates().close(new Gate(gate), problem);
        int before = LINODE.requests().size();

        daemon.prune();

        assertThat(LINODE.requests()).hasSize(before);
        assertThat(ground.retired()).isEmpty();
    }

    @Test
    void a_token_of_another_account_records_nothing() {
        List<String> images = ground.images(daemon, "a", "b", "c");
        images.forEach(LINODE::vanish); // the other account has none of them
        OtherImages.create(LINODE, "something");

        daemon.prune();

        assertThat(ground.retired()).isEmpty();
    }

    // ---- refusals

    @Test
    void a_refused_deletion_is_repeated_after_a_pause_and_logged_once() {
        List<String> images = ground.images(daemon, "a", "b", "c", "d");
        LINODE.script(Fault.answer(Operation.DELETE_IMAGE, Answer.error(400, "Image is in use"))
                .when(target -> images.getFirst().equals(target.imageIdOrNull()))
                .times(2));

        try (LogCapture log = LogCapture.on(PruneImages.class)) {
            daemon.prune();
            assertThat(ground.retired()).containsExactly("b");
            for (int run = 0; run < 3; run++) {
                ground.leaseRunsOut();
                daemon.pipeline().clock().advance(Duration.ofMinutes(10));
                daemon.prune();
            }

            assertThat(log.lines()).singleElement().asString().contains(images.getFirst(), "Image is in use");
        }
        assertThat(ground.retired()).containsExactly("a", "b");
        assertThat(ground.requested(Operation.DELETE_IMAGE))
                .containsExactly(images.get(0), images.get(1), images.get(0), images.get(0));
        assertThat(pruned()).isEqualTo(2);
    }

    @Test
    void a_deletion_whose_answer_is_lost_is_recorded_by_the_next_run() {
        List<String> images = ground.images(daemon, "a", "b", "c");
        LINODE.script(Fault.on(Operation.DELETE_IMAGE, new Effect.HandleThenCut()));

        daemon.prune();
        assertThat(ground.retired()).isEmpty();
        ground.leaseRunsOut();
        daemon.pipeline().clock().advance(Duration.ofMinutes(10));
        daemon.prune();

        assertThat(ground.atLinode()).isEqualTo(set(images.get(1), images.get(2)));
        assertThat(ground.retired()).containsExactly("a");
        assertThat(pruned()).isEqualTo(1);
    }
}
