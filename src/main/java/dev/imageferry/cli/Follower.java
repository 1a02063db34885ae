package dev.imageferry.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Waits until a job has ended, and shows its state meanwhile. */
final class Follower {
    private static final Duration FIRST_POLL = Duration.ofMillis(200);
    private static final Duration LONGEST_POLL = Duration.ofSeconds(2);

    /** How long the daemon holds back the answer to a question about a file. */
    private static final Duration WAIT = Duration.ofSeconds(20);

    /** An answer that came so much earlier is not one whose time was up. */
    private static final Duration EARLIER = Duration.ofSeconds(2);

    private final DaemonClient client;
    private final CommandContext context;
    private final Reconnection reconnection;
    private final Deadline deadline;
    private final ProgressLine progress;

    Follower(
            DaemonClient client,
            CommandContext context,
            Reconnection reconnection,
            Deadline deadline,
            ProgressLine progress) {
        this.client = client;
        this.context = context;
        this.reconnection = reconnection;
        this.deadline = deadline;
        this.progress = progress;
    }

    /**
     * Follows the job with this id to its end.
     *
     * @param name for messages: the file or the id
     */
    JsonNode follow(String id, String name) throws CommandFailure, InterruptedException {
        String state = "";
        Duration pause = FIRST_POLL;
        while (true) {
            String pending = FileReport.shown(name) + (state.isEmpty() ? " has not ended" : " is " + state);
            JsonNode job = client.require(reconnection.ask(() -> client.get("jobs/" + id, Map.of(), deadline), pending))
                    .json();
            if (!JobLine.state(job).equals(state)) {
                state = JobLine.state(job);
                pause = FIRST_POLL;
                noteState(name, job);
            }
            if (JobLine.hasEnded(job)) {
                progress.clear();
                return job;
            }
            progress.show(name + "  " + JobLine.progress(job));
            deadline.check(FileReport.shown(name) + " is " + state);
            context.pauses().pause(deadline.limit(pause));
            Duration longer = pause.multipliedBy(3).dividedBy(2);
            pause = longer.compareTo(LONGEST_POLL) < 0 ? longer : LONGEST_POLL;
        }
    }

    /** Without a terminal, each state is a line. */
    private void noteState(String name, JsonNode job) {
        if (!context.terminal().showsProgress() && !JobLine.hasEnded(job)) {
            context.terminal().remark(FileReport.shown(name) + ": " + JobLine.state(job));
        }
    }

    /**
     * Follows the newest job of a file to its end. A file that is still settling, or that is not there yet, is waited for.
     *
     * @param file the path in the drop folder
     */
    JsonNode followFile(String file) throws CommandFailure, InterruptedException {
        String pending = FileReport.shown(file) + " has no job";
        Optional<JsonNode> newest = newest(file, Duration.ZERO, pending);
        if (newest.isEmpty()) {
            context.terminal().remark(pending + " yet, waiting for it");
        }
        while (true) {
            if (newest.isPresent() && !JobLine.hasEnded(newest.get())) {
                return follow(JobLine.id(newest.get()), file);
            }
            deadline.check(pending);
            Duration wait = deadline.limit(WAIT);
            long asked = context.ticker().nanos();
            newest = newest(file, wait, pending);
            Duration elapsed = Duration.ofNanos(context.ticker().nanos() - asked);
            if (newest.isPresent() && JobLine.hasEnded(newest.get()) && isEarly(elapsed, wait)) {
                return newest.get();
            }
        }
    }

    /** Whether the daemon answered because nothing is pending, and not because the time was up. */
    private static boolean isEarly(Duration elapsed, Duration wait) {
        Duration quarter = wait.dividedBy(4);
        return elapsed.plus(quarter.compareTo(EARLIER) < 0 ? quarter : EARLIER).compareTo(wait) < 0;
    }

    private Optional<JsonNode> newest(String file, Duration wait, String pending)
            throws CommandFailure, InterruptedException {
        Map<String, String> parameters = new LinkedHashMap<>(JobTarget.newestOf(file));
        if (wait.isPositive()) {
            parameters.put("wait", Math.max(1, wait.toMillis()) + "ms");
        }
        Answer answer = reconnection.ask(() -> client.get("jobs", parameters, deadline), pending);
        return JobTarget.exactly(file, client.require(answer).json());
    }
}
