package dev.imageferry.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.imageferry.job.ErrorCode.Consequence;
import dev.imageferry.job.JobLifecycle.Decision;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class JobLifecycleTest {
    private static final int MAX_ATTEMPTS = 3;
    private static final Duration LONGEST = Duration.ofSeconds(10);

    private final JobLifecycle lifecycle =
            new JobLifecycle(new RetryPolicy(MAX_ATTEMPTS, Duration.ofSeconds(2), LONGEST), new Random(1));

    @ParameterizedTest
    @CsvSource({
        "CHECKING, 3, READY, 0",
        "UPLOADING, 3, PROCESSING, 1",
        "UPLOADING, 3, UPLOADING, 3",
        "PROCESSING, 2, REPLICATING, 1",
        "PROCESSING, 2, AVAILABLE, 2",
        "CHECKING, 2, CHECKING, 2",
    })
    void attempts_restart_in_each_state(JobState from, int attempt, JobState next, int attemptThen) {
        Job job = SampleJobs.in(from, attempt, new Problem(ErrorCode.UNREADABLE, "previous error"));

        Decision decision = lifecycle.decide(new StepOutcome.Advanced(job, next, "done"));

        assertThat(decision.job().state()).isEqualTo(next);
        assertThat(decision.job().attempt()).isEqualTo(attemptThen);
        assertThat(decision.job().error()).isEmpty();
        assertThat(decision.pause()).isZero();
        assertThat(decision.historyOrNull()).isEqualTo("done");
    }

    @ParameterizedTest
    @CsvSource({"CHECKING, PROCESSING", "PROCESSING, UPLOADING", "REPLICATING, REJECTED"})
    void rejects_a_transition_that_is_not_allowed(JobState from, JobState next) {
        StepOutcome outcome = new StepOutcome.Advanced(SampleJobs.in(from, 1), next, "done");

        assertThatThrownBy(() -> lifecycle.decide(outcome)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void ended_job_cannot_advance() {
        StepOutcome outcome = new StepOutcome.Advanced(SampleJobs.in(JobState.FAILED, 1), JobState.AVAILABLE, "done");

        assertThatThrownBy(() -> lifecycle.decide(outcome)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void waiting_for_the_other_side_uses_up_no_attempt_and_adds_no_history_entry() {
        Job job = SampleJobs.in(JobState.PROCESSING, MAX_ATTEMPTS);
        Problem why = new Problem(ErrorCode.LINODE_ERROR, "no event yet");

        Decision decision = lifecycle.decide(new StepOutcome.StillPending(job, Duration.ofSeconds(7), why));

        assertThat(decision)
                .isEqualTo(new Decision(
                        job.placed(job.state(), MAX_ATTEMPTS, why), job.state(), Duration.ofSeconds(7), null));
    }

    @Test
    void normal_waiting_clears_the_previous_error() {
        Job job = SampleJobs.in(JobState.PROCESSING, 2, new Problem(ErrorCode.RATE_LIMITED, "previous error"));

        Decision decision = lifecycle.decide(new StepOutcome.StillPending(job, Duration.ofSeconds(7)));

        assertThat(decision.job().error()).isEmpty();
    }

    @Test
    void interruption_uses_up_no_attempt_and_keeps_the_error() {
        Job job = SampleJobs.in(
                JobState.UPLOADING, MAX_ATTEMPTS, new Problem(ErrorCode.UPLOAD_STALLED, "previous attempt"));

        Decision decision = lifecycle.decide(new StepOutcome.Interrupted(job, "the daemon shuts down"));

        assertThat(decision).isEqualTo(new Decision(job, job.state(), Duration.ZERO, "the daemon shuts down"));
    }

    @ParameterizedTest
    @EnumSource(ErrorCode.class)
    void giving_up_leads_to_the_final_state_of_the_code(ErrorCode code) {
        Job job = SampleJobs.in(JobState.UPLOADING, 1);
        Problem problem = new Problem(code, "the message");

        Decision decision = lifecycle.decide(new StepOutcome.GaveUp(job, problem));

        JobState end = switch (code.consequence()) {
            case REJECT -> JobState.REJECTED;
            case CANCEL -> JobState.CANCELLED;
            case FAIL, RETRY, WAIT -> JobState.FAILED;
        };
        assertThat(decision.job().state()).isEqualTo(end);
        assertThat(decision.job().attempt()).isEqualTo(1);
        assertThat(decision.job().error()).contains(problem);
        assertThat(decision.pause()).isZero();
        assertThat(decision.historyOrNull()).isEqualTo(code.wireName() + ": the message");
    }

    @ParameterizedTest
    @EnumSource(ErrorCode.class)
    void only_codes_with_consequence_retry_use_up_attempts(ErrorCode code) {
        for (int attempt = 1; attempt <= MAX_ATTEMPTS + 1; attempt++) {
            Job job = SampleJobs.in(JobState.UPLOADING, attempt);
            Problem problem = new Problem(code, "the message");

            Decision decision = lifecycle.decide(new StepOutcome.RetryLater(job, problem));

            boolean counted = code.consequence() == Consequence.RETRY;
            boolean usedUp = counted && attempt >= MAX_ATTEMPTS;
            assertThat(decision.job().state()).isEqualTo(usedUp ? JobState.FAILED : JobState.UPLOADING);
            assertThat(decision.job().attempt()).isEqualTo(counted && !usedUp ? attempt + 1 : attempt);
            assertThat(decision.job().error()).contains(problem);
            assertThat(decision.historyOrNull()).isEqualTo(code.wireName() + ": the message");
            assertThat(decision.pause()).isBetween(Duration.ZERO, LONGEST);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = ErrorCode.class,
            names = {"UPLOAD_REFUSED", "RATE_LIMITED"})
    void delay_requested_by_the_other_side_takes_precedence(ErrorCode code) {
        Duration asked = LONGEST.multipliedBy(5);

        Decision decision = lifecycle.decide(
                new StepOutcome.RetryLater(SampleJobs.in(JobState.UPLOADING, 1), new Problem(code, "busy", asked)));

        assertThat(decision.pause()).isEqualTo(asked);
    }

    @Test
    void fails_after_the_last_allowed_attempt() {
        Problem problem = new Problem(ErrorCode.UPLOAD_INTERRUPTED, "connection reset");
        Job job = SampleJobs.in(JobState.UPLOADING, 1);
        int failures = 0;

        while (!job.state().isEnd()) {
            job = lifecycle.decide(StepOutcome.of(job, problem)).job();
            failures++;
            job = lifecycle
                    .decide(StepOutcome.of(job, new Problem(ErrorCode.QUOTA_EXCEEDED, "full")))
                    .job();
        }

        assertThat(failures).isEqualTo(MAX_ATTEMPTS);
    }

    @ParameterizedTest
    @EnumSource(ErrorCode.class)
    void code_leads_to_a_retry_or_a_final_state(ErrorCode code) {
        StepOutcome outcome = StepOutcome.of(SampleJobs.in(JobState.UPLOADING, 1), new Problem(code, "it"));

        switch (code.consequence()) {
            case RETRY, WAIT -> assertThat(outcome).isInstanceOf(StepOutcome.RetryLater.class);
            case REJECT, FAIL, CANCEL -> assertThat(outcome).isInstanceOf(StepOutcome.GaveUp.class);
        }
    }

    @Test
    void delayed_archiving_keeps_outcome_and_error() {
        Job job = SampleJobs.in(JobState.FAILED, 2, new Problem(ErrorCode.UNREADABLE, "error of the outcome"));

        Problem away = new Problem(ErrorCode.FOLDER_UNAVAILABLE, "the folder is unavailable", Duration.ofSeconds(9));

        assertThat(lifecycle.decide(new StepOutcome.RetryLater(job, away)))
                .isEqualTo(new Decision(job, job.state(), Duration.ofSeconds(9), null));
    }

    @ParameterizedTest
    @EnumSource(JobState.class)
    void only_the_four_outcomes_are_final_states(JobState state) {
        assertThat(state.isEnd())
                .isEqualTo(state == JobState.AVAILABLE
                        || state == JobState.REJECTED
                        || state == JobState.FAILED
                        || state == JobState.CANCELLED);
    }
}
