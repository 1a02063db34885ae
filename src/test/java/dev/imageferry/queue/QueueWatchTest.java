package dev.imageferry.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.job.JobState;
import io.agroal.api.AgroalDataSource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

@QuarkusTest
@TestProfile(QueueProfile.class)
@SuppressWarnings("NullAway.Init") // Quarkus sets the field
class QueueWatchTest extends OnPostgres {
    @Inject
    QueueWatch watch;

    @Inject
    AgroalDataSource pool;

    @Test
    void empty_queue_has_only_zero_counts() {
        QueueCounts counts = watch.counts();

        assertThat(counts.jobs()).containsOnlyKeys(JobState.values());
        assertThat(counts.jobs().values()).containsOnly(0L);
        assertThat(counts.totals())
                .isEqualTo(new QueueCounts.Totals(
                        0,
                        0,
                        Map.of(
                                JobState.AVAILABLE,
                                0L,
                                JobState.REJECTED,
                                0L,
                                JobState.FAILED,
                                0L,
                                JobState.CANCELLED,
                                0L)));
        assertThat(counts.uploadsInProgress()).isZero();
        assertThat(counts.oldestWaiting()).isZero();
        assertThat(counts.longestStandstill()).isZero();
        assertThat(counts.urlExpiryOrNull()).isNull();
        assertThat(counts.lastSuccessOrNull()).isNull();
        assertThat(counts.paused()).isFalse();
        assertThat(counts.instances()).isEmpty();
    }

    @Test
    void counts_jobs_by_state_and_held_uploads() throws Exception {
        table.put("a", JobState.QUEUED);
        table.put("b", JobState.UPLOADING);
        table.hold(table.put("c", JobState.UPLOADING), "there");
        table.hold(table.put("d", JobState.CHECKING), "there");

        QueueCounts counts = watch.counts();

        assertThat(counts.jobs())
                .containsEntry(JobState.QUEUED, 1L)
                .containsEntry(JobState.UPLOADING, 2L)
                .containsEntry(JobState.CHECKING, 1L)
                .containsEntry(JobState.READY, 0L);
        assertThat(counts.uploadsInProgress()).isOne();
    }

    @Test
    void reports_how_long_the_oldest_new_job_has_waited() throws Exception {
        table.set(table.put("a", JobState.PROCESSING), "created_at = now() - interval '9 hours'");
        table.set(table.put("b", JobState.READY), "created_at = now() - interval '1 hour'");
        table.set(table.put("c", JobState.QUEUED), "created_at = now() - interval '5 minutes'");

        assertThat(watch.counts().oldestWaiting()).isBetween(Duration.ofHours(1), Duration.ofMinutes(65));
    }

    @Test
    void reports_the_longest_time_without_progress_of_a_held_job() throws Exception {
        UUID still = table.put("a", JobState.UPLOADING);
        table.hold(still, "there");
        table.set(still, "updated_at = now() - interval '2 hours'");
        table.hold(table.put("b", JobState.PROCESSING), "there");
        table.set(table.put("not held", JobState.UPLOADING), "updated_at = now() - interval '9 hours'");
        table.set(table.put("waits", JobState.READY), "updated_at = now() - interval '9 hours'");

        assertThat(watch.counts().longestStandstill()).isBetween(Duration.ofHours(2), Duration.ofMinutes(125));
    }

    @Test
    void reports_when_the_first_upload_url_expires() throws Exception {
        table.set(table.put("a", JobState.UPLOADING), "upload_url = 'https://b.test/k?Expires=1800000300&Signature=x'");
        table.set(table.put("b", JobState.UPLOADING), "upload_url = 'https://b.test/k?Signature=x&Expires=1800000200'");
        table.set(table.put("no expiry", JobState.UPLOADING), "upload_url = 'https://b.test/k?X-Amz-Expires=86400'");
        table.set(table.put("arrived", JobState.PROCESSING), "upload_url = 'https://b.test/k?Expires=1800000100'");

        assertThat(watch.counts().urlExpiryOrNull()).isEqualTo(Instant.ofEpochSecond(1_800_000_200));
    }

    @Test
    void reports_totals_and_the_last_success() throws Exception {
        table.execute("UPDATE total SET value = 5 WHERE name = 'FAILED'");
        table.execute("UPDATE total SET value = 6000000000 WHERE name = 'delivered_bytes'");
        table.execute("UPDATE total SET value = 70 WHERE name = 'wasted_bytes'");
        table.set(table.put("a", JobState.AVAILABLE), "outcome_at = now() - interval '1 hour'");
        UUID last = table.put("b", JobState.AVAILABLE);
        table.set(table.put("c", JobState.FAILED), "outcome_at = now() + interval '1 hour'");

        QueueCounts counts = watch.counts();

        assertThat(counts.totals().deliveredBytes()).isEqualTo(6_000_000_000L);
        assertThat(counts.totals().wastedBytes()).isEqualTo(70);
        assertThat(counts.totals().ended()).containsEntry(JobState.FAILED, 5L).containsEntry(JobState.AVAILABLE, 0L);
        assertThat(counts.lastSuccessOrNull()).isEqualTo(job(last).finishedAtOrNull());
    }

    @Test
    void reports_the_bytes_sent_by_the_jobs_at_linode() throws Exception {
        UUID uploading = table.put("a", JobState.UPLOADING);
        table.set(uploading, "bytes_sent = 6000000000");
        UUID processing = table.put("b", JobState.PROCESSING);
        table.set(table.put("c", JobState.AVAILABLE), "bytes_sent = 70");

        assertThat(watch.counts().bytesSent()).isEqualTo(Map.of(uploading, 6_000_000_000L, processing, 0L));
    }

    @Test
    void counting_is_one_transaction() throws Exception {
        table.put("a", JobState.UPLOADING);
        long before = connectionsTaken();

        watch.counts();

        assertThat(connectionsTaken() - before).isOne();
    }

    private long connectionsTaken() {
        return pool.getMetrics().acquireCount();
    }

    @Test
    void reports_that_the_queue_is_paused() {
        control.setPaused(true);

        assertThat(watch.counts().paused()).isTrue();
    }

    @Test
    void lists_instances_with_a_recent_heartbeat() throws Exception {
        leases.renew(FOLDER, List.of());
        String other = "INSERT INTO instance VALUES (?, '" + FOLDER + "', now(), now() - ?::interval)";
        table.execute(other, "a-slow-one", "59 minutes");
        table.execute(other, "dead", "61 minutes");

        assertThat(watch.counts().instances())
                .extracting(QueueCounts.Instance::name)
                .containsExactly("a-slow-one", QueueProfile.INSTANCE);
    }
}
