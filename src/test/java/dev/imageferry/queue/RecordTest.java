package dev.imageferry.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.imageferry.job.CheckedImage;
import dev.imageferry.job.DiskContents;
import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.ImageMetadata;
import dev.imageferry.job.ImageRecord;
import dev.imageferry.job.Job;
import dev.imageferry.job.JobLifecycle;
import dev.imageferry.job.JobLifecycle.Decision;
import dev.imageferry.job.JobState;
import dev.imageferry.job.Problem;
import dev.imageferry.job.RetryPolicy;
import dev.imageferry.job.StepOutcome;
import dev.imageferry.job.UploadUrl;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@TestProfile(QueueProfile.class)
class RecordTest extends OnPostgres {
    private static final Instant SENT = Instant.parse("2026-07-24T02:10:08.123456Z");
    private static final UploadUrl URL = new UploadUrl("https://bucket.example/1?Signature=s3cret");
    private static final CheckedImage CHECKED = new CheckedImage(
            1000,
            5_000_000_000L,
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "d41d8cd98f00b204e9800998ecf8427e",
            -5,
            new DiskContents(
                    null,
                    "röot",
                    "1f1e-…",
                    "GPT",
                    List.of(new DiskContents.Partition(1, 1 << 20, 5L << 30, "83", "ext4", null, "u")),
                    List.of("partitioned: \"Network Helper\" needs manual configuration")));

    private final JobLifecycle lifecycle =
            new JobLifecycle(new RetryPolicy(3, Duration.ofSeconds(2), Duration.ofSeconds(8)), new Random(1));

    @Test
    void checkpoint_writes_all_facts_and_keeps_the_lease() throws Exception {
        Job job = held(JobState.UPLOADING);
        Job found = job.withMetadata(new ImageMetadata(
                        "other", "d'Été 🚀", "nl-ams", List.of("a,b", "\"c\""), true, List.of("us-east"), 0))
                .withChecked(CHECKED, job.fingerprint())
                .withImage(new ImageRecord(
                        3,
                        true,
                        "private/7",
                        "creating",
                        List.of(new ImageRecord.RegionCopy("us-ord", "pending replication")),
                        URL,
                        SENT))
                .withBytesSent(999)
                .withArchiveName("done/x-2.img.gz");

        assertThat(queue.checkpoint(found)).isTrue();

        Job kept = job(job.id());
        assertThat(kept.updatedAt()).isAfterOrEqualTo(job.updatedAt());
        assertThat(kept).usingRecursiveComparison().ignoringFields("updatedAt").isEqualTo(found);
        assertThat(lists.history(job.id())).isEmpty();
    }

    @Test
    void checkpoint_clears_fields_that_are_no_longer_needed() throws Exception {
        Job job = held(JobState.UPLOADING);
        Job created =
                job.withImage(ImageRecord.NONE.intendingNext().created("private/7", "pending_upload", List.of(), URL));
        queue.checkpoint(created.withImage(created.image().allBytesSent(SENT)));

        queue.checkpoint(created.withImage(created.image().gone()));

        assertThat(job(job.id()).image()).isEqualTo(created.image().gone());
        assertThat(table.row(job.id())).doesNotContain("s3cret");
    }

    @Test
    void does_not_overwrite_concurrent_operator_changes() throws Exception {
        Job job = held(JobState.UPLOADING);
        table.set(job.id(), "priority = 42, cancel_requested = true");

        queue.checkpoint(job.withBytesSent(5));
        queue.record(lifecycle.decide(new StepOutcome.StillPending(job, Duration.ZERO)), 0);

        assertThat(job(job.id()).priority()).isEqualTo(42);
        assertThat(job(job.id()).cancelRequested()).isTrue();
    }

    @Test
    void release_of_the_final_bytes_is_recorded_by_the_database_clock() throws Exception {
        Job job = held(JobState.UPLOADING);

        Instant at = queue.releaseEnd(job).orElseThrow();

        assertThat(job(job.id()).image().allBytesSentAtOrNull()).isEqualTo(at);
        assertThat(Duration.between(job.updatedAt(), at)).isBetween(Duration.ZERO, Duration.ofMinutes(5));
    }

    @Test
    void advance_returns_the_lease_and_adds_a_history_entry() throws Exception {
        Job job = held(JobState.UPLOADING);
        table.set(job.id(), "error_code = 'upload-stalled', error_message = 'm', error_since = now()");

        Job after = queue.record(
                        lifecycle.decide(new StepOutcome.Advanced(
                                job(job.id()).withBytesSent(1000), JobState.PROCESSING, "sent 1000 bytes")),
                        0)
                .orElseThrow();

        assertThat(after).isEqualTo(job(job.id()));
        assertThat(after.state()).isEqualTo(JobState.PROCESSING);
        assertThat(after.attempt()).isOne();
        assertThat(after.bytesSent()).isEqualTo(1000);
        assertThat(after.error()).isEmpty();
        assertThat(after.errorSinceOrNull()).isNull();
        assertThat(after.instanceOrNull()).isNull();
        assertThat(after.finishedAtOrNull()).isNull();
        assertThat(after.stateSince()).isEqualTo(after.updatedAt()).isEqualTo(after.nextRunAt());
        assertThat(table.texts("SELECT lease_until::text FROM job")).containsOnlyNulls();
        assertThat(lists.history(job.id()))
                .isEqualTo(List.of(new HistoryEntry(
                        after.updatedAt(),
                        JobState.UPLOADING,
                        JobState.PROCESSING,
                        1,
                        QueueProfile.INSTANCE,
                        "sent 1000 bytes")));
        assertThat(claimed(Lane.AWAIT).leaseEpoch()).isGreaterThan(job.leaseEpoch());
    }

    @Test
    void retry_waits_for_its_pause_and_counts_wasted_bytes() throws Exception {
        Job job = held(JobState.UPLOADING);
        Problem problem = new Problem(ErrorCode.UPLOAD_REFUSED, "the bucket returned 503", Duration.ofMinutes(3));

        Job after = queue.record(lifecycle.decide(new StepOutcome.RetryLater(job, problem)), 640)
                .orElseThrow();

        assertThat(after.state()).isEqualTo(JobState.UPLOADING);
        assertThat(after.stateSince()).isEqualTo(job.stateSince());
        assertThat(after.attempt()).isEqualTo(2);
        assertThat(after.error()).contains(new Problem(ErrorCode.UPLOAD_REFUSED, "the bucket returned 503"));
        assertThat(Duration.between(after.updatedAt(), after.nextRunAt())).isEqualTo(Duration.ofMinutes(3));
        assertThat(table.total("wasted_bytes")).isEqualTo(640);
        assertThat(claims.claim(Lane.UPLOAD, FOLDER, 1)).isEmpty();
    }

    @Test
    void error_time_changes_only_with_the_error_code() throws Exception {
        Job job = held(JobState.UPLOADING);
        table.set(
                job.id(),
                "error_code = 'upload-refused', error_message = 'first', error_since = now() - interval '1 hour'");
        Instant since = job(job.id()).errorSince();

        Job same = queue.record(
                        lifecycle.decide(
                                new StepOutcome.RetryLater(job, new Problem(ErrorCode.UPLOAD_REFUSED, "second"))),
                        0)
                .orElseThrow();
        table.hold(job.id(), QueueProfile.INSTANCE);
        Job other = queue.record(
                        lifecycle.decide(new StepOutcome.RetryLater(
                                job(job.id()), new Problem(ErrorCode.UPLOAD_STALLED, "third"))),
                        0)
                .orElseThrow();

        assertThat(same.error().orElseThrow().message()).isEqualTo("second");
        assertThat(same.errorSinceOrNull()).isEqualTo(since);
        assertThat(other.errorSinceOrNull()).isEqualTo(other.updatedAt());
    }

    @ParameterizedTest
    @CsvSource({
        "REJECTED, NOT_GZIP",
        "FAILED, PROCESSING_FAILED",
        "CANCELLED, FILE_CHANGED",
    })
    void outcome_is_counted_once_and_recorded_apart_from_archiving(JobState end, ErrorCode code) throws Exception {
        Job job = held(JobState.UPLOADING);

        Job ended = queue.record(lifecycle.decide(StepOutcome.of(job, new Problem(code, "m"))), 10)
                .orElseThrow();
        assertThat(ended.state()).isEqualTo(end);
        assertThat(ended.finishedAtOrNull()).isEqualTo(ended.updatedAt());
        assertThat(ended.isArchived()).isFalse();

        Job toArchive = claimed(Lane.ARCHIVE);
        Problem away = new Problem(ErrorCode.FOLDER_UNAVAILABLE, "away", Duration.ZERO);
        Job notYet = queue.record(lifecycle.decide(new StepOutcome.RetryLater(toArchive, away)), 0)
                .orElseThrow();
        assertThat(notYet.error()).isEqualTo(ended.error());
        assertThat(notYet.errorSinceOrNull()).isEqualTo(ended.errorSinceOrNull());
        assertThat(notYet.finishedAtOrNull()).isEqualTo(ended.finishedAtOrNull());
        assertThat(notYet.isArchived()).isFalse();

        Job archived = queue.recordArchived(claimed(Lane.ARCHIVE).withArchiveName("failed/x.img.gz"), true)
                .orElseThrow();
        assertThat(archived).isEqualTo(job(job.id()));
        assertThat(archived.archivedAtOrNull()).isEqualTo(archived.updatedAt());
        assertThat(archived.archiveNameOrNull()).isEqualTo("failed/x.img.gz");
        assertThat(archived.instanceOrNull()).isNull();
        assertThat(archived.finishedAtOrNull()).isEqualTo(ended.finishedAtOrNull());
        assertThat(claims.claim(Lane.ARCHIVE, FOLDER, 1)).isEmpty();

        assertThat(table.total(end.name())).isOne();
        assertThat(table.number("SELECT sum(value) FROM total WHERE name ~ '^[A-Z]'"))
                .isOne();
        assertThat(table.total("delivered_bytes")).isZero();
        assertThat(table.total("wasted_bytes")).isEqualTo(10);
    }

    @Test
    void available_image_adds_its_bytes_to_the_total() throws Exception {
        Job job = held(JobState.PROCESSING);

        queue.record(lifecycle.decide(new StepOutcome.Advanced(job, JobState.AVAILABLE, "available")), 0);

        assertThat(table.total("AVAILABLE")).isOne();
        assertThat(table.total("delivered_bytes")).isEqualTo(1000);
    }

    /** The writes that require a lease. */
    enum Write {
        CHECKPOINT,
        RELEASE_END,
        RECORD,
        RECORD_ARCHIVED,
        INTEND_CREATE
    }

    @ParameterizedTest
    @EnumSource(Write.class)
    void writes_nothing_after_another_instance_took_over(Write write) throws Exception {
        Job job = held(write == Write.RECORD_ARCHIVED ? JobState.FAILED : JobState.UPLOADING);
        table.expireLease(job.id());
        assertThat(claimElsewhere(write == Write.RECORD_ARCHIVED ? Lane.ARCHIVE : Lane.UPLOAD, 1))
                .hasSize(1);

        assertNothingIsWritten(job, write);
    }

    @ParameterizedTest
    @EnumSource(Write.class)
    void writes_nothing_after_the_lease_was_returned(Write write) throws Exception {
        Job job = held(write == Write.RECORD_ARCHIVED ? JobState.FAILED : JobState.UPLOADING);
        table.set(job.id(), "instance = NULL, lease_until = NULL");

        assertNothingIsWritten(job, write);
    }

    @ParameterizedTest
    @EnumSource(Write.class)
    void writes_with_an_expired_lease_if_no_other_instance_took_over(Write write) throws Exception {
        Job job = held(write == Write.RECORD_ARCHIVED ? JobState.FAILED : JobState.UPLOADING);
        table.expireLease(job.id());
        String before = table.row(job.id());

        assertThat(isWritten(job, write)).isTrue();

        assertThat(table.row(job.id())).isNotEqualTo(before);
    }

    private void assertNothingIsWritten(Job job, Write write) throws Exception {
        String before = everything();

        assertThat(isWritten(job, write)).isFalse();

        assertThat(everything()).isEqualTo(before);
    }

    private boolean isWritten(Job job, Write write) {
        Job found =
                job.withChecked(CHECKED, job.fingerprint()).withBytesSent(777).withArchiveName("failed/x.img.gz");
        return switch (write) {
            case CHECKPOINT -> queue.checkpoint(found);
            case RELEASE_END -> queue.releaseEnd(found).isPresent();
            case RECORD ->
                queue.record(lifecycle.decide(new StepOutcome.Advanced(found, JobState.AVAILABLE, "done")), 50)
                        .isPresent();
            case RECORD_ARCHIVED -> queue.recordArchived(found, true).isPresent();
            case INTEND_CREATE ->
                switch (queue.intendCreate(found, false, Set.of())) {
                    case JobQueue.Intent.Committed committed -> true;
                    case JobQueue.Intent.LeaseLost lost -> false;
                    case JobQueue.Intent.Duplicate duplicate -> throw new AssertionError("unexpected " + duplicate);
                };
        };
    }

    @Test
    void a_result_can_keep_the_lease_for_the_next_step() throws Exception {
        Job job = held(JobState.PROCESSING);
        Decision decision = lifecycle.decide(new StepOutcome.Advanced(job, JobState.AVAILABLE, "available"));

        Job ended = queue.recordAndContinue(decision, 0).orElseThrow();

        assertThat(ended.instanceOrNull()).isEqualTo(QueueProfile.INSTANCE);
        assertThat(ended.leaseEpoch()).isEqualTo(job.leaseEpoch());
        assertThat(claimElsewhere(Lane.ARCHIVE, 1)).isEmpty();
        assertThat(queue.recordArchived(ended, true)).isPresent();
    }

    @Test
    void a_checked_job_can_be_claimed_with_its_result() throws Exception {
        Job job = held(JobState.CHECKING);
        Decision decision = lifecycle.decide(new StepOutcome.Advanced(job, JobState.READY, "checked"));

        Job claimed = queue.recordAndContinue(decision, 0).orElseThrow();

        assertThat(claimed.state()).isEqualTo(JobState.UPLOADING);
        assertThat(claimed.attempt()).isEqualTo(1);
        assertThat(claimed.instanceOrNull()).isEqualTo(QueueProfile.INSTANCE);
        assertThat(claimed.leaseEpoch()).isEqualTo(job.leaseEpoch());
        assertThat(table.texts("SELECT concat_ws(' ', from_state, to_state, attempt, instance, detail) FROM job_history"
                        + " ORDER BY id"))
                .containsExactly(
                        "CHECKING READY 0 " + QueueProfile.INSTANCE + " checked",
                        "READY UPLOADING 1 " + QueueProfile.INSTANCE + " claimed");
        String before = everything();
        assertThat(queue.recordAndContinue(decision, 0))
                .as("the answer was lost")
                .isEmpty();
        assertThat(everything()).isEqualTo(before);
        assertThat(queue.recorded(decision.job())).contains(claimed);
    }

    @ParameterizedTest
    @ValueSource(strings = {"UPDATE control SET paused = true", "UPDATE job SET cancel_requested = true"})
    void a_checked_job_is_not_claimed_while_it_must_not_start(String order) throws Exception {
        Job job = held(JobState.CHECKING);
        table.execute(order);
        Decision decision = lifecycle.decide(new StepOutcome.Advanced(job, JobState.READY, "checked"));

        Job ready = queue.recordAndContinue(decision, 0).orElseThrow();

        assertThat(ready.state()).isEqualTo(JobState.READY);
        assertThat(ready.attempt()).isZero();
        assertThat(ready.instanceOrNull()).isNull();
        assertThat(table.texts("SELECT to_state FROM job_history")).containsExactly("READY");
    }

    /** Repeats the write, as after an answer that was lost. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void a_repeated_result_changes_nothing_and_is_recognised(boolean keepsLease) throws Exception {
        Job job = held(JobState.PROCESSING);
        Decision decision = lifecycle.decide(new StepOutcome.Advanced(job, JobState.AVAILABLE, "available"));
        assertThat(queue.recorded(decision.job())).as("before the write").isEmpty();
        Job written = write(decision, keepsLease).orElseThrow();
        String before = everything();

        assertThat(write(decision, keepsLease)).isEmpty();

        assertThat(everything()).isEqualTo(before);
        assertThat(queue.recorded(decision.job())).contains(written);
    }

    private Optional<Job> write(Decision decision, boolean keepsLease) {
        return keepsLease ? queue.recordAndContinue(decision, 50) : queue.record(decision, 50);
    }

    @Test
    void outcome_history_and_totals_are_written_atomically() throws Exception {
        Job job = held(JobState.PROCESSING);
        String before = everything();
        table.execute("ALTER TABLE job_history ADD CONSTRAINT refusing CHECK (detail <> 'refuse this')");
        try {
            Decision decision = lifecycle.decide(new StepOutcome.Advanced(job, JobState.AVAILABLE, "refuse this"));

            assertThatThrownBy(() -> queue.record(decision, 50)).hasStackTraceContaining("refusing");

            assertThat(everything()).isEqualTo(before);
        } finally {
            table.execute("ALTER TABLE job_history DROP CONSTRAINT refusing");
        }
        Decision decision = lifecycle.decide(new StepOutcome.Advanced(job, JobState.AVAILABLE, "available"));
        assertThat(queue.record(decision, 50)).as("the lease is still valid").isPresent();
    }

    /** Returns all rows of all tables as text. */
    private String everything() throws Exception {
        return String.join(
                "\n",
                table.text("SELECT coalesce(string_agg(job::text, ';' ORDER BY id), '-') FROM job"),
                table.text("SELECT coalesce(string_agg(h::text, ';' ORDER BY id), '-') FROM job_history h"),
                table.text("SELECT string_agg(total::text, ';' ORDER BY name) FROM total"));
    }
}
