package dev.imageferry.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.imageferry.job.Job;
import dev.imageferry.job.JobState;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

@QuarkusTest
@TestProfile(QueueProfile.class)
class ClaimTest extends OnPostgres {
    private static final String THERE = "there";

    @Test
    void claims_by_priority_then_age_then_id() throws Exception {
        UUID late = table.put("late", JobState.QUEUED);
        UUID early = table.put("early", JobState.QUEUED);
        UUID urgent = table.put("urgent", JobState.QUEUED);
        UUID unimportant = table.put("unimportant", JobState.QUEUED);
        table.set(late, "created_at = now() + interval '1 second', id = 'ffffffff-0000-0000-0000-000000000000'");
        table.set(urgent, "created_at = now() + interval '1 hour', priority = 9");
        table.set(unimportant, "created_at = now() - interval '1 hour', priority = -1");
        UUID sibling = table.put("sibling", JobState.QUEUED);
        table.set(
                sibling,
                "created_at = (SELECT created_at FROM job WHERE file = 'late'), id = 'eeeeeeee-0000-0000-0000-000000000000'");

        List<String> oneByOne = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            oneByOne.addAll(files(claims.claim(Lane.CHECK, FOLDER, 1)));
        }

        assertThat(oneByOne).containsExactly("urgent", "early", "sibling");
        assertThat(files(claims.claim(Lane.CHECK, FOLDER, 10))).containsExactly("late", "unimportant");
        assertThat(job(early).state()).isEqualTo(JobState.CHECKING);
    }

    @Test
    void claims_several_jobs_in_order() throws Exception {
        for (int i = 0; i < 9; i++) {
            table.set(table.put(Integer.toString(i), JobState.QUEUED), "priority = " + i * 5 % 9);
        }

        assertThat(claims.claim(Lane.CHECK, FOLDER, 6))
                .extracting(claim -> claim.job().priority())
                .containsExactly(8, 7, 6, 5, 4, 3);
    }

    @Test
    void claims_a_limited_number_of_jobs_at_once() throws Exception {
        for (int i = 0; i < Claims.MOST + 3; i++) {
            table.put(i + ".img.gz", JobState.READY);
        }

        assertThat(claims.claim(Lane.UPLOAD, FOLDER, 1000)).hasSize(Claims.MOST);
        assertThat(claims.claim(Lane.UPLOAD, FOLDER, 1000)).hasSize(3);
    }

    @Test
    void eight_concurrent_claimers_claim_each_of_200_jobs_once_within_their_limit() throws Exception {
        int limit = 7;
        for (int i = 0; i < 200; i++) {
            table.put(i + ".img.gz", i % 2 == 0 ? JobState.READY : JobState.UPLOADING);
        }

        List<List<List<Claim>>> all = together(8, () -> {
            List<List<Claim>> batches = new ArrayList<>();
            do {
                batches.add(claims.claim(Lane.UPLOAD, FOLDER, limit));
            } while (!batches.getLast().isEmpty());
            return batches;
        });

        List<List<Claim>> batches = all.stream().flatMap(List::stream).toList();
        assertThat(batches).allMatch(batch -> batch.size() <= limit);
        List<Claim> all200 = batches.stream().flatMap(List::stream).toList();
        assertThat(all200).extracting(claim -> claim.job().id()).hasSize(200).doesNotHaveDuplicates();
        assertThat(all200).allMatch(claim -> claim.job().leaseEpoch() > 0 && claim.lostInstanceOrNull() == null);
        assertThat(table.number("SELECT count(*) FROM job_history WHERE to_state = 'UPLOADING'"))
                .isEqualTo(100);
    }

    @Test
    void does_not_claim_a_job_that_is_not_due() throws Exception {
        UUID id = table.put("a", JobState.CHECKING);
        table.set(id, "next_run_at = now() + interval '1 minute'");

        assertThat(claims.claim(Lane.CHECK, FOLDER, 1)).isEmpty();

        table.set(id, "next_run_at = now() - interval '1 millisecond'");
        assertThat(claims.claim(Lane.CHECK, FOLDER, 1)).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource(Lane.class)
    void does_not_claim_jobs_of_other_folders(Lane lane) throws Exception {
        for (JobState state : lane.states()) {
            table.set(table.put(state.name(), state), "cancel_requested = " + (lane == Lane.CANCEL));
        }

        leases.renew(FOLDER, List.of());

        assertThat(claims.claim(lane, UUID.randomUUID(), 10)).isEmpty();
        assertThat(claims.claim(lane, FOLDER, 10)).hasSize(lane.states().size());
    }

    @Test
    void any_daemon_claims_a_cancelled_job_of_an_unserved_folder() throws Exception {
        UUID id = table.put("x.img.gz", JobState.UPLOADING);
        table.set(id, "cancel_requested = true");
        leases.renew(UUID.randomUUID(), List.of());

        assertThat(claims.claim(Lane.CANCEL, UUID.randomUUID(), 10))
                .extracting(claim -> claim.job().id())
                .containsExactly(id);
    }

    @Test
    void a_row_of_a_newer_version_does_not_block_other_jobs() throws Exception {
        table.set(table.put("newer.img.gz", JobState.QUEUED), "error_code = 'of-a-newer-version', priority = 9");
        UUID id = table.put("x.img.gz", JobState.QUEUED);

        assertThat(claims.claim(Lane.CHECK, FOLDER, 10))
                .extracting(claim -> claim.job().id())
                .containsExactly(id);
    }

    @ParameterizedTest
    @EnumSource(Lane.class)
    void only_lanes_with_a_job_to_claim_are_due(Lane lane) throws Exception {
        UUID id = table.put("x.img.gz", lane.states().getLast());
        table.set(id, "cancel_requested = " + (lane == Lane.CANCEL));
        assertThat(claims.due(FOLDER)).contains(lane).hasSize(lane == Lane.CANCEL ? 2 : 1);

        table.set(id, "instance = 'there', lease_until = now() + interval '1 hour'");
        assertThat(claims.due(FOLDER)).as("leased").isEmpty();

        table.expireLease(id);
        assertThat(claims.due(FOLDER)).as("lease expired").contains(lane);

        table.set(id, "instance = NULL, lease_until = NULL, next_run_at = now() + interval '1 hour'");
        assertThat(claims.due(FOLDER).contains(lane)).as("pausing").isEqualTo(lane == Lane.CANCEL);
    }

    @Test
    void new_uploads_are_not_due_while_paused() throws Exception {
        table.put("new", JobState.READY);
        control.setPaused(true);
        assertThat(claims.due(FOLDER)).isEmpty();

        control.setPaused(false);
        assertThat(claims.due(FOLDER)).containsExactly(Lane.UPLOAD);
    }

    @Test
    void claims_each_state_only_in_its_own_lane() throws Exception {
        for (JobState state : JobState.values()) {
            table.put(state.name(), state);
        }

        assertThat(claims.claim(Lane.CANCEL, FOLDER, 10)).as("not requested").isEmpty();
        assertThat(files(claims.claim(Lane.AWAIT, FOLDER, 10))).containsExactly("PROCESSING", "REPLICATING");
        assertThat(files(claims.claim(Lane.CHECK, FOLDER, 10))).containsExactly("CHECKING", "CONVERTING", "QUEUED");
        assertThat(files(claims.claim(Lane.UPLOAD, FOLDER, 10))).containsExactly("UPLOADING", "READY");
        assertThat(files(claims.claim(Lane.ARCHIVE, FOLDER, 10)))
                .containsExactlyInAnyOrder("AVAILABLE", "REJECTED", "FAILED", "CANCELLED");
    }

    @Test
    void a_file_that_is_converted_first_is_claimed_for_that() throws Exception {
        table.set(table.put("other-format", JobState.QUEUED), "convert = true");
        table.put("gzip", JobState.QUEUED);

        assertThat(claims.claim(Lane.CHECK, FOLDER, 10))
                .extracting(claim -> claim.job().file(), claim -> claim.job().state())
                .containsExactly(tuple("other-format", JobState.CONVERTING), tuple("gzip", JobState.CHECKING));
    }

    @Test
    void claims_jobs_in_progress_before_new_ones() throws Exception {
        table.set(table.put("new", JobState.READY), "priority = 100");
        table.put("begun", JobState.UPLOADING);

        assertThat(files(claims.claim(Lane.UPLOAD, FOLDER, 1))).containsExactly("begun");
    }

    @Test
    void claims_running_but_no_new_uploads_while_paused() throws Exception {
        table.put("begun", JobState.UPLOADING);
        table.put("new", JobState.READY);
        table.put("unchecked", JobState.QUEUED);
        control.setPaused(true);

        assertThat(files(claims.claim(Lane.UPLOAD, FOLDER, 10))).containsExactly("begun");
        assertThat(files(claims.claim(Lane.CHECK, FOLDER, 10))).containsExactly("unchecked");

        control.setPaused(false);
        assertThat(files(claims.claim(Lane.UPLOAD, FOLDER, 10))).containsExactly("new");
    }

    @ParameterizedTest
    @CsvSource({"QUEUED, CHECKING, CHECK", "READY, UPLOADING, UPLOAD"})
    void first_claim_changes_the_state_and_adds_a_history_entry(JobState before, JobState after, Lane lane)
            throws Exception {
        UUID id = table.put("a", before);
        table.set(id, "attempt = 0, state_since = now() - interval '1 hour', updated_at = now() - interval '1 hour'");
        Instant earlier = job(id).stateSince();

        Claim claim = claims.claim(lane, FOLDER, 1).getFirst();

        Job job = claim.job();
        assertThat(claim.from()).isEqualTo(before);
        assertThat(claim.lostInstanceOrNull()).isNull();
        assertThat(job).isEqualTo(job(id));
        assertThat(job.state()).isEqualTo(after);
        assertThat(job.attempt()).isOne();
        assertThat(job.leaseEpoch()).isPositive();
        assertThat(job.instanceOrNull()).isEqualTo(QueueProfile.INSTANCE);
        assertThat(job.stateSince()).isEqualTo(job.updatedAt()).isEqualTo(job.startedAtOrNull());
        assertThat(Duration.between(earlier, job.stateSince())).isGreaterThanOrEqualTo(Duration.ofHours(1));
        assertThat(lists.history(id))
                .isEqualTo(
                        List.of(new HistoryEntry(job.updatedAt(), before, after, 1, QueueProfile.INSTANCE, "claimed")));
    }

    @Test
    void later_claim_keeps_state_attempt_and_start_time_and_adds_no_history_entry() throws Exception {
        UUID id = table.put("a", JobState.PROCESSING);
        table.set(
                id,
                "attempt = 3, bytes_sent = 77, state_since = now() - interval '1 hour', started_at = now() - interval '2 hours'");
        Job before = job(id);

        Job job = claimed(Lane.AWAIT);

        assertThat(job.attempt()).isEqualTo(3);
        assertThat(job.bytesSent()).isEqualTo(77);
        assertThat(job.stateSince()).isEqualTo(before.stateSince());
        assertThat(job.startedAtOrNull()).isEqualTo(before.startedAtOrNull());
        assertThat(job.timeInState()).isGreaterThanOrEqualTo(Duration.ofHours(1));
        assertThat(lists.history(id)).isEmpty();
    }

    @Test
    void claim_is_valid_for_one_lease_by_the_database_clock() throws Exception {
        table.put("a", JobState.QUEUED);

        UUID id = claimed(Lane.CHECK).id();

        assertThat(table.text("SELECT (lease_until - updated_at)::text FROM job WHERE id = ?::uuid", id))
                .isEqualTo("01:00:00");
    }

    @Test
    void does_not_claim_a_held_job() throws Exception {
        table.put("a", JobState.QUEUED);
        claimed(Lane.CHECK);

        assertThat(claims.claim(Lane.CHECK, FOLDER, 1)).isEmpty();
        assertThat(claimElsewhere(Lane.CHECK, 1)).isEmpty();
    }

    @Test
    void takes_over_an_upload_with_an_expired_lease_and_counts_its_wasted_bytes() throws Exception {
        UUID id = table.put("a", JobState.UPLOADING);
        table.set(id, "attempt = 2, bytes_sent = 600, state_since = now() - interval '1 hour'");
        table.hold(id, THERE);
        table.expireLease(id);
        Job before = job(id);

        Claim claim = claims.claim(Lane.UPLOAD, FOLDER, 1).getFirst();

        assertThat(claim.lostInstanceOrNull()).isEqualTo(THERE);
        assertThat(claim.lostBytes()).isEqualTo(600);
        assertThat(claim.from()).isEqualTo(JobState.UPLOADING);
        assertThat(claim.job().attempt()).as("uses up no attempt").isEqualTo(2);
        assertThat(claim.job().bytesSent()).isZero();
        assertThat(claim.job().leaseEpoch()).isGreaterThan(before.leaseEpoch());
        assertThat(claim.job().instanceOrNull()).isEqualTo(QueueProfile.INSTANCE);
        assertThat(claim.job().stateSince()).isEqualTo(before.stateSince());
        assertThat(table.total("wasted_bytes")).isEqualTo(600);
        assertThat(lists.history(id)).extracting(HistoryEntry::detail).containsExactly("taken over from " + THERE);
    }

    @Test
    void takes_over_several_jobs_and_counts_the_sum_of_wasted_bytes() throws Exception {
        for (int sent : new int[] {1, 20, 300}) {
            UUID id = table.put("sent-" + sent, JobState.UPLOADING);
            table.set(id, "bytes_sent = " + sent);
            table.hold(id, THERE);
            table.expireLease(id);
        }

        assertThat(claims.claim(Lane.UPLOAD, FOLDER, 10))
                .extracting(Claim::lostBytes)
                .containsExactlyInAnyOrder(1L, 20L, 300L);
        assertThat(table.total("wasted_bytes")).isEqualTo(321);
    }

    @ParameterizedTest
    @CsvSource({"CHECKING, CHECK", "PROCESSING, AWAIT", "REPLICATING, AWAIT", "AVAILABLE, ARCHIVE", "FAILED, ARCHIVE"})
    void takeover_without_an_upload_counts_no_wasted_bytes(JobState state, Lane lane) throws Exception {
        UUID id = table.put("a", state);
        table.set(id, "bytes_sent = 1000");
        table.hold(id, THERE);
        table.expireLease(id);

        Claim claim = claims.claim(lane, FOLDER, 1).getFirst();

        assertThat(claim.lostInstanceOrNull()).isEqualTo(THERE);
        assertThat(claim.lostBytes()).isZero();
        assertThat(claim.job().bytesSent()).isEqualTo(1000);
        assertThat(table.total("wasted_bytes")).isZero();
        assertThat(lists.history(id)).extracting(HistoryEntry::detail).containsExactly("taken over from " + THERE);
    }

    @Test
    void claim_of_a_returned_job_is_not_a_takeover() throws Exception {
        UUID id = table.put("a", JobState.UPLOADING);
        table.set(id, "bytes_sent = 600");

        Claim claim = claims.claim(Lane.UPLOAD, FOLDER, 1).getFirst();

        assertThat(claim.lostInstanceOrNull()).isNull();
        assertThat(claim.lostBytes()).isZero();
        assertThat(claim.job().bytesSent()).isEqualTo(600);
        assertThat(table.total("wasted_bytes")).isZero();
    }

    @ParameterizedTest
    @EnumSource(
            value = JobState.class,
            names = {"AVAILABLE", "REJECTED", "FAILED", "CANCELLED"})
    void ended_job_is_archived_once_and_never_run_again(JobState end) throws Exception {
        UUID id = table.put("a", end);

        for (Lane lane : List.of(Lane.CHECK, Lane.UPLOAD, Lane.AWAIT)) {
            assertThat(claims.claim(lane, FOLDER, 1)).isEmpty();
        }
        assertThat(claimed(Lane.ARCHIVE).state()).isEqualTo(end);

        table.set(id, "archived_at = now(), instance = NULL, lease_until = NULL");
        for (Lane lane : Lane.values()) {
            assertThat(claims.claim(lane, FOLDER, 1)).isEmpty();
        }
    }

    /** A standby that was promoted without the last commits knows an earlier epoch. */
    @Test
    void no_claim_repeats_an_epoch_that_the_database_has_forgotten() throws Exception {
        UUID id = table.put("a", JobState.QUEUED);
        long forgotten = claimed(Lane.CHECK).leaseEpoch();
        table.set(id, "lease_epoch = 0, instance = NULL, lease_until = NULL");

        assertThat(claimed(Lane.CHECK).leaseEpoch()).isGreaterThan(forgotten);

        table.set(id, "lease_epoch = lease_epoch + 3600000000, instance = NULL, lease_until = NULL");
        long ahead = table.number("SELECT lease_epoch FROM job");
        assertThat(claimed(Lane.CHECK).leaseEpoch())
                .as("the clock was set back")
                .isEqualTo(ahead + 1);
    }

    private static List<String> files(List<Claim> claims) {
        return claims.stream().map(claim -> claim.job().file()).toList();
    }
}
