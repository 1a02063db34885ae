package dev.imageferry.cli;

import dev.imageferry.job.Ticker;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Supplier;

/** Repeats calls through a broken connection, a restart of the daemon and answers such as 503, for a limited time. */
final class Reconnection {
    private static final Duration FIRST_PAUSE = Duration.ofMillis(500);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

    private final DaemonClient client;
    private final CommandContext context;
    private final Duration limit;
    private final Deadline deadline;
    private final ProgressLine progress;

    private boolean lost;
    private long lostAt;
    private Duration pause = FIRST_PAUSE;

    /**
     * Starts connected.
     *
     * @param limit how long the daemon can be unavailable
     * @param progress the line to remove before a remark
     */
    Reconnection(
            DaemonClient client, CommandContext context, Duration limit, Deadline deadline, ProgressLine progress) {
        this.client = client;
        this.context = context;
        this.limit = limit;
        this.deadline = deadline;
        this.progress = progress;
    }

    /**
     * Repeats a call until its answer is final. Only for calls that change nothing.
     *
     * @param pending what has not happened yet, for the message if the time is up
     * @return a {@link Answer.Success} or a {@link Answer.Refusal}
     */
    Answer ask(Supplier<Answer> call, String pending) throws CommandFailure, InterruptedException {
        Answer answer = askBetweenAttempts(call, pending);
        answered();
        return answer;
    }

    /** The same between two attempts of another call, which is still to be repeated: its remark is not printed again. */
    Answer askBetweenAttempts(Supplier<Answer> call, String pending) throws CommandFailure, InterruptedException {
        while (true) {
            Answer answer = call.get();
            if (!answer.isTemporary()) {
                lostAt = context.ticker().nanos();
                return answer;
            }
            pauseAfter(answer, pending);
        }
    }

    /** Notes that the daemon answered the call that was repeated. */
    void answered() {
        lost = false;
        pause = FIRST_PAUSE;
    }

    /** Pauses before the call is repeated, and ends the command if the daemon has been unavailable for too long. */
    void pauseAfter(Answer temporary, String pending) throws CommandFailure, InterruptedException {
        deadline.check(pending);
        Ticker ticker = context.ticker();
        if (!lost) {
            lost = true;
            lostAt = ticker.nanos();
            progress.clear();
            context.terminal().remark(remark(temporary));
        }
        Duration unavailable = Duration.ofNanos(ticker.nanos() - lostAt);
        if (unavailable.compareTo(limit) >= 0) {
            throw new CommandFailure(
                    ExitStatus.UNREACHABLE,
                    "%s. Gave up after %d s (--reconnect-timeout); %s"
                            .formatted(client.describe(temporary), unavailable.toSeconds(), pending));
        }
        context.pauses().pause(deadline.limit(pauseFor(temporary)));
        Duration doubled = pause.multipliedBy(2);
        pause = doubled.compareTo(LONGEST_PAUSE) < 0 ? doubled : LONGEST_PAUSE;
    }

    private Duration pauseFor(Answer temporary) {
        return switch (temporary) {
            case Answer.Refusal refusal -> Objects.requireNonNullElse(refusal.retryAfterOrNull(), pause);
            case Answer.Lost notAnswered -> pause;
            case Answer.Success success -> pause;
        };
    }

    private String remark(Answer temporary) {
        return temporary instanceof Answer.Lost notAnswered
                ? "connection lost, trying again (%s)".formatted(notAnswered.reason())
                : client.describe(temporary) + " Trying again";
    }
}
