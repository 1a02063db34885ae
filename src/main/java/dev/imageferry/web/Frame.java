package dev.imageferry.web;

import dev.imageferry.daemon.QueueBandwidth;
import dev.imageferry.daemon.QueueView;
import dev.imageferry.worker.Blocked;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The parts that every page has: running daemons, closed gates, and the controls of the queue.
 *
 * @param bandwidth the bandwidth limit or timetable that was set; empty if the setting applies
 * @param timetable what applies now and what comes next; empty if the limit never changes
 * @param session whether the log-out button is shown
 */
record Frame(
        boolean simulated,
        boolean paused,
        List<ClosedGate> closedGates,
        String bandwidth,
        Optional<Timetable> timetable,
        long uploads,
        List<Instance> instances,
        boolean session,
        String version) {
    Frame {
        closedGates = List.copyOf(closedGates);
        instances = List.copyOf(instances);
    }

    static Frame of(QueueView.Summary summary, String bandwidth, boolean session, Instant now) {
        return new Frame(
                summary.simulated(),
                summary.paused(),
                summary.blocked().stream()
                        .map(blocked -> ClosedGate.of(blocked, now))
                        .toList(),
                bandwidth,
                Timetable.of(summary.bandwidth(), now),
                summary.uploadsInProgress(),
                summary.instances().stream()
                        .map(instance -> new Instance(instance.name(), Moment.of(instance.startedAt(), now)))
                        .toList(),
                session,
                summary.version());
    }

    /** A closed gate, and why it is closed. */
    record ClosedGate(String title, String reason, Moment since) {
        static ClosedGate of(Blocked blocked, Instant now) {
            return new ClosedGate(
                    blocked.starting() ? "Starting" : title(blocked.gate()),
                    blocked.reason(),
                    Moment.of(blocked.since(), now));
        }

        private static String title(String gate) {
            return switch (gate) {
                case "api" -> "Linode does not answer";
                case "token" -> "Linode refuses the token";
                case "quota" -> "The account has reached its image limit";
                case "database" -> "PostgreSQL does not answer";
                case "folder" -> "The drop folder is unavailable";
                case String other -> "Unavailable: " + other;
            };
        }
    }

    /** The limit that applies now, and the next one. */
    record Timetable(String now, String next, Moment from) {
        static Optional<Timetable> of(QueueBandwidth bandwidth, Instant now) {
            return Optional.ofNullable(bandwidth.next())
                    .map(next ->
                            new Timetable(words(bandwidth.limit()), words(next.limit()), Moment.of(next.at(), now)));
        }

        private static String words(String limit) {
            return limit.equals("off") ? "no limit" : limit;
        }
    }

    /** A running daemon. */
    record Instance(String name, Moment started) {}

    /** The state of the queue, for the title of the browser tab. */
    public String status() {
        if (!closedGates.isEmpty()) {
            return "Blocked";
        }
        if (paused) {
            return "Paused";
        }
        return uploads == 0 ? "Idle" : uploads == 1 ? "1 upload" : uploads + " uploads";
    }
}
