package dev.imageferry.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.job.CheckedImage;
import dev.imageferry.job.DiskContents;
import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.ImageRecord;
import dev.imageferry.job.Job;
import dev.imageferry.job.JobState;
import dev.imageferry.job.JobView;
import dev.imageferry.job.Problem;
import dev.imageferry.job.SampleJobs;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The jobs of {@link SampleJobs} are held by host-1 and were created ten seconds ago. */
class JobCardTest {
    private static final JobView.Terms TERMS = new JobView.Terms(8, 0.10);

    @ParameterizedTest
    @EnumSource(JobState.class)
    void a_job_runs_or_waits_or_has_ended(JobState state) {
        JobCard card = card(state, null);

        assertThat(new boolean[] {card.isRunning(), card.isWaiting(), card.isEnded()})
                .containsOnlyOnce(true);
    }

    @Test
    void a_held_upload_runs_and_has_a_percentage() {
        JobCard card = card(JobState.UPLOADING, null);

        assertThat(card.isRunning()).isTrue();
        assertThat(card.isMeasured()).isTrue();
        assertThat(card.activity()).isEqualTo("Uploading");
        assertThat(card.progress()).isEqualTo("0.0 %");
    }

    @ParameterizedTest
    @CsvSource({"AVAILABLE, private/42, $0.20 a month", "AVAILABLE, , ''", "REPLICATING, private/42, ''"})
    void only_an_available_image_has_a_cost(JobState state, @Nullable String imageId, String cost) {
        DiskContents contents = new DiskContents(null, null, null, "none", List.of(), List.of());
        Job job = SampleJobs.in(state, 1)
                .withChecked(new CheckedImage(1000, 2L << 30, "00", "00", 0, contents))
                .withImage(new ImageRecord(1, false, imageId, "available", List.of(), null, null));

        assertThat(new JobCard(JobView.of(job, TERMS, null), "", SampleJobs.CREATED).cost())
                .isEqualTo(cost);
    }

    @Test
    void an_upload_between_two_attempts_waits_with_its_error_and_the_time() {
        JobCard card = free(JobState.UPLOADING, new Problem(ErrorCode.UPLOAD_INTERRUPTED, "the connection broke"));

        assertThat(card.isMeasured()).isFalse();
        assertThat(card.activity()).isEqualTo("Waiting");
        assertThat(card.icon()).isEqualTo("waiting");
        assertThat(card.reason()).isEqualTo("the connection broke");
        assertThat(card.until()).isNotNull();
        assertThat(card.advice()).isEqualTo("The job is retried automatically: attempt 2 of 8.");
    }

    @Test
    void a_job_at_linode_runs_without_a_holder() {
        assertThat(free(JobState.PROCESSING, null).isRunning()).isTrue();
        assertThat(free(JobState.PROCESSING, new Problem(ErrorCode.LINODE_UNAVAILABLE, "away"))
                        .isRunning())
                .isFalse();
    }

    @Test
    void an_unfinished_copy_is_stalled() {
        JobCard card = free(JobState.CHECKING, new Problem(ErrorCode.GZIP_TRUNCATED, "ends inside a member"));

        assertThat(card.isStalled()).isTrue();
        assertThat(card.activity()).isEqualTo("Incomplete");
        assertThat(card.reason()).isEqualTo("waiting for the copy to finish");
    }

    @Test
    void a_checked_job_says_what_holds_it_up() {
        JobView ready = view(JobState.READY, null);

        assertThat(new JobCard(ready, "", SampleJobs.CREATED).reason()).isEqualTo("waiting for an upload slot");
        assertThat(new JobCard(ready, "uploads are paused", SampleJobs.CREATED).reason())
                .isEqualTo("waiting: uploads are paused");
    }

    @Test
    void a_typo_in_the_sidecar_is_not_the_fault_of_the_image() {
        String message = "images/debian-12.img.gz.yaml line 1 has the unknown key \"regoin\"";

        assertThat(card(JobState.REJECTED, new Problem(ErrorCode.BAD_METADATA, message)))
                .satisfies(card -> assertThat(Remedy.of(card.job(), ErrorCode.BAD_METADATA, message))
                        .startsWith("Correct the sidecar")
                        .contains("The image itself is not at fault"));
    }

    @ParameterizedTest
    @EnumSource(ErrorCode.class)
    void every_error_has_a_remedy(ErrorCode code) {
        assertThat(Remedy.of(view(JobState.FAILED, null), code, "message"))
                .endsWith(".")
                .doesNotContain("null");
    }

    @Test
    void a_job_that_is_not_archived_needs_the_log() {
        JobCard card = card(JobState.AVAILABLE, null);

        assertThat(card.isUnarchived()).isTrue();
        assertThat(card.isRetryable()).isFalse();
        assertThat(card.advice()).contains("log");
    }

    private static JobCard card(JobState state, @Nullable Problem problem) {
        return new JobCard(view(state, problem), "", SampleJobs.CREATED.plusSeconds(10));
    }

    private static JobView view(JobState state, @Nullable Problem problem) {
        return JobView.of(SampleJobs.in(state, 2, problem), TERMS, null);
    }

    /** A job that no instance holds. */
    private static JobCard free(JobState state, @Nullable Problem problem) {
        Job job = SampleJobs.free(state, 2, problem);
        return new JobCard(JobView.of(job, TERMS, null), "", SampleJobs.CREATED.plusSeconds(10));
    }
}
