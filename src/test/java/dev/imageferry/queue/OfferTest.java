package dev.imageferry.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.imageferry.job.DroppedFile;
import dev.imageferry.job.FileFingerprint;
import dev.imageferry.job.ImageMetadata;
import dev.imageferry.job.ImageRecord;
import dev.imageferry.job.Job;
import dev.imageferry.job.JobState;
import dev.imageferry.queue.Offers.Offer;
import dev.imageferry.web.RealQueue;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@TestProfile(QueueProfile.class)
class OfferTest extends OnPostgres {
    private static final String FILE = "images/🚀 debian.img.gz";
    private static final FileFingerprint SEEN = new FileFingerprint(7, 1000, -5, 1);
    private static final ImageMetadata METADATA = new ImageMetadata(
            "debian", "of {file}", "us-ord", List.of("golden", "a,\"b\""), true, List.of("nl-ams"), 3);

    @Test
    void session_time_zone_is_not_utc() throws Exception {
        assertThat(table.text("SHOW timezone")).isEqualTo(RealQueue.ZONE);
    }

    @Test
    void settled_file_becomes_a_job() throws Exception {
        Offer offer = offer(FOLDER, FILE, SEEN, METADATA);

        assertThat(offer).isEqualTo(Offer.ENQUEUED);
        Job job = only();
        assertThat(job.file()).isEqualTo(FILE);
        assertThat(job.folderId()).isEqualTo(FOLDER);
        assertThat(job.fingerprint()).isEqualTo(SEEN);
        assertThat(job.state()).isEqualTo(JobState.QUEUED);
        assertThat(job.metadata()).isEqualTo(METADATA);
        assertThat(job.priority()).isEqualTo(3);
        assertThat(job.image()).isEqualTo(ImageRecord.NONE);
        assertThat(job.attempt()).isZero();
        assertThat(job.checked()).isEmpty();
        assertThat(job.error()).isEmpty();
        assertThat(job.startedAtOrNull()).isNull();
        assertThat(job.finishedAtOrNull()).isNull();
        assertThat(List.of(job.nextRunAt(), job.stateSince(), job.updatedAt())).containsOnly(job.createdAt());
        Instant databaseNow = Instant.ofEpochSecond(table.number("SELECT floor(extract(epoch FROM now()))::bigint"));
        assertThat(Duration.between(job.createdAt(), databaseNow).abs()).isLessThan(Duration.ofMinutes(5));
        assertThat(lists.history(job.id()))
                .isEqualTo(
                        List.of(new HistoryEntry(job.createdAt(), null, JobState.QUEUED, 0, null, "file has settled")));
    }

    /** A small file that was received over HTTP can end before its sender is answered. */
    @Test
    void the_job_of_a_file_is_found_after_it_has_ended() throws Exception {
        offer(FOLDER, FILE, SEEN, METADATA);
        Job job = only();
        table.set(
                job.id(),
                "state = 'REJECTED', outcome_at = now(), archived_at = now(), file_gone_at = now(), changed_nanos = 77");

        assertThat(offers.find(FOLDER, new DroppedFile(FILE, SEEN)).map(Job::id))
                .contains(job.id());
    }

    private static NewJob newJob(String file, FileFingerprint fingerprint) {
        return new NewJob(FOLDER, new DroppedFile(file, fingerprint), METADATA, false);
    }

    @Test
    void many_new_files_become_jobs_in_their_order() throws Exception {
        List<NewJob> offered = new ArrayList<>();
        for (int i = 0; i < 1_200; i++) {
            offered.add(newJob("%04d.img.gz".formatted(i), SEEN));
        }
        long before = table.number("SELECT txid_current()");

        assertThat(offers.offerFirst(offered)).hasSize(1_200);

        assertThat(table.number("SELECT txid_current()") - before)
                .as("three transactions, and this query")
                .isEqualTo(4);
        assertThat(list(new JobFilter(
                        Set.of(), Set.of(), null, null, null, null, null, JobFilter.Order.OLDEST, 500, null)))
                .extracting(Job::file)
                .startsWith("0000.img.gz", "0001.img.gz", "0002.img.gz")
                .isSorted();
        assertThat(table.number("SELECT count(*) FROM job_history WHERE detail = 'file has settled'"))
                .isEqualTo(1_200);
    }

    @Test
    void a_path_with_a_job_is_left_to_the_single_offer() {
        offer(FOLDER, "known.img.gz", SEEN, METADATA);
        NewJob changed = newJob("known.img.gz", new FileFingerprint(7, 1001, -5, 1));
        NewJob fresh = newJob("new.img.gz", SEEN);

        assertThat(offers.offerFirst(List.of(changed, fresh, fresh))).containsExactly(fresh.file());

        assertThat(offers.offer(changed)).isEqualTo(Offer.ENQUEUED);
        assertThat(offers.offer(fresh)).isEqualTo(Offer.KNOWN);
    }

    @Test
    void a_file_that_the_database_refuses_leaves_its_transaction_to_single_offers() throws Exception {
        table.execute("ALTER TABLE job ADD CONSTRAINT refusing CHECK (file <> 'bad.img.gz')");
        try {
            NewJob bad = newJob("bad.img.gz", SEEN);
            NewJob good = newJob("good.img.gz", SEEN);

            assertThat(offers.offerFirst(List.of(good, bad))).isEmpty();

            assertThat(offers.offer(good)).isEqualTo(Offer.ENQUEUED);
            assertThatThrownBy(() -> offers.offer(bad)).hasStackTraceContaining("refusing");
        } finally {
            table.execute("ALTER TABLE job DROP CONSTRAINT refusing");
        }
    }

    @Test
    void job_can_be_created_without_a_region() {
        offer(FOLDER, FILE, SEEN, new ImageMetadata("debian", "", null, List.of(), false, List.of(), 0));

        assertThat(only().metadata().regionOrNull()).isNull();
    }

    @Test
    void same_content_becomes_a_job_only_once() {
        offer(FOLDER, FILE, SEEN, METADATA);

        assertThat(offer(FOLDER, FILE, SEEN, METADATA)).isEqualTo(Offer.KNOWN);
        assertThat(only().state()).isEqualTo(JobState.QUEUED);
    }

    @Test
    void recognizes_a_path_longer_than_an_index_entry() {
        // the maximum length of a path, with content that PostgreSQL cannot compress
        Random random = new Random(1);
        String longest = random.ints(4000, 'a', 'z' + 1)
                .mapToObj(Character::toString)
                .collect(Collectors.joining())
                .replaceAll("(.{100})", "$1/");

        assertThat(offer(FOLDER, longest, SEEN, METADATA)).isEqualTo(Offer.ENQUEUED);
        assertThat(offer(FOLDER, longest, SEEN, METADATA)).isEqualTo(Offer.KNOWN);
        assertThat(only().file()).isEqualTo(longest);
    }

    @ParameterizedTest
    @EnumSource(
            value = JobState.class,
            names = {"AVAILABLE", "REJECTED", "FAILED", "CANCELLED"})
    void recognizes_content_of_an_ended_job(JobState end) throws Exception {
        offer(FOLDER, FILE, SEEN, METADATA);
        table.set(only().id(), "state = '" + end + "', outcome_at = now(), archived_at = now()");

        assertThat(offer(FOLDER, FILE, SEEN, METADATA)).isEqualTo(Offer.KNOWN);
    }

    @Test
    void different_content_path_or_folder_becomes_another_job() {
        offer(FOLDER, FILE, SEEN, METADATA);

        assertThat(offer(FOLDER, FILE, new FileFingerprint(8, 1000, -5, 1), METADATA))
                .isEqualTo(Offer.ENQUEUED);
        assertThat(offer(FOLDER, FILE, new FileFingerprint(7, 1001, -5, 1), METADATA))
                .isEqualTo(Offer.ENQUEUED);
        assertThat(offer(FOLDER, FILE, new FileFingerprint(7, 1000, -4, 1), METADATA))
                .isEqualTo(Offer.ENQUEUED);
        assertThat(offer(FOLDER, "other.img.gz", SEEN, METADATA)).isEqualTo(Offer.ENQUEUED);
        assertThat(offer(UUID.randomUUID(), FILE, SEEN, METADATA)).isEqualTo(Offer.ENQUEUED);
    }

    @Test
    void exactly_one_of_eight_concurrent_offers_creates_the_job() throws Exception {
        for (int round = 0; round < 10; round++) {
            String file = round + ".img.gz";

            List<Offer> offers = together(8, () -> offer(FOLDER, file, SEEN, METADATA));

            assertThat(offers).containsOnlyOnce(Offer.ENQUEUED).contains(Offer.KNOWN);
            assertThat(offers).filteredOn(offer -> offer == Offer.KNOWN).hasSize(7);
            assertThat(table.number("SELECT count(*) FROM job WHERE file = ?", file))
                    .isOne();
            assertThat(table.number(
                            "SELECT count(*) FROM job_history JOIN job ON job.id = job_id WHERE file = ?", file))
                    .isOne();
        }
    }

    @Test
    void resumed_copy_is_checked_again_at_once_by_its_own_job() throws Exception {
        UUID id = stalled();
        FileFingerprint grown = new FileFingerprint(1, 2000, 2, 1);

        assertThat(offer(FOLDER, FILE, grown, METADATA)).isEqualTo(Offer.RESUMED);

        assertThat(only().id()).isEqualTo(id);
        assertThat(only().fingerprint()).isEqualTo(grown);
        assertThat(claimed(Lane.CHECK).id()).isEqualTo(id);
    }

    @Test
    void unchanged_stalled_copy_keeps_waiting() throws Exception {
        UUID id = stalled();
        String before = table.row(id);

        assertThat(offer(FOLDER, FILE, new FileFingerprint(1, 1000, 1, 1), METADATA))
                .isEqualTo(Offer.KNOWN);

        assertThat(table.row(id)).isEqualTo(before);
    }

    @Test
    void stalled_copy_with_the_content_of_another_job_is_not_resumed() throws Exception {
        UUID id = stalled();
        String before = table.row(id);
        FileFingerprint known = new FileFingerprint(1, 2000, 2, 1);
        UUID other = table.put("other.img.gz", JobState.AVAILABLE);
        table.set(other, "file = '" + FILE + "', bytes = 2000, modified_nanos = 2");

        assertThat(offer(FOLDER, FILE, known, METADATA)).isEqualTo(Offer.KNOWN);

        assertThat(table.row(id)).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(strings = {"error_code = 'unreadable'", "error_code = NULL", "state = 'READY'"})
    void only_a_job_that_waits_for_an_unfinished_copy_is_resumed(String otherwise) throws Exception {
        table.set(stalled(), otherwise);

        assertThat(offer(FOLDER, FILE, new FileFingerprint(1, 2000, 2, 1), METADATA))
                .isEqualTo(Offer.ENQUEUED);
    }

    @Test
    void file_that_changes_during_its_check_is_offered_again_later() throws Exception {
        UUID id = table.put(FILE, JobState.CHECKING);
        table.hold(id, "there");
        FileFingerprint changed = new FileFingerprint(1, 2000, 2, 1);

        assertThat(offer(FOLDER, FILE, changed, METADATA)).isEqualTo(Offer.LATER);
        assertThat(offer(FOLDER, FILE, new FileFingerprint(1, 1000, 1, 1), METADATA))
                .as("the content that is being checked")
                .isEqualTo(Offer.KNOWN);

        table.set(
                id,
                "instance = NULL, lease_until = NULL, state = 'CANCELLED', outcome_at = now(), error_code = 'file-changed'");
        assertThat(offer(FOLDER, FILE, changed, METADATA)).isEqualTo(Offer.ENQUEUED);
    }

    private UUID stalled() throws Exception {
        UUID id = table.put(FILE, JobState.CHECKING);
        table.set(id, "error_code = 'gzip-truncated', next_run_at = now() + interval '10 minutes'");
        return id;
    }

    private Offer offer(UUID folder, String file, FileFingerprint fingerprint, ImageMetadata metadata) {
        return offers.offer(new NewJob(folder, new DroppedFile(file, fingerprint), metadata, false));
    }

    private Job only() {
        List<Job> jobs =
                list(new JobFilter(Set.of(), Set.of(), null, null, null, null, null, JobFilter.Order.OLDEST, 10, null));
        assertThat(jobs).hasSize(1);
        return jobs.getFirst();
    }
}
