package dev.imageferry.web;

import dev.imageferry.daemon.QueueView;
import dev.imageferry.worker.Blocked;
import java.time.Instant;
import java.util.List;

/**
 * The parts that every page has: running daemons, closed gates, and the controls of the queue.
 *
 * @param bandwidth the bandwidth limit of the queue; empty if the setting applies
 * @param session whether the log-out button is shown
 */
record Frame(
        boolean simulated,
        boolean paused,
        List<ClosedGate> closedGates,
        String bandwidth,
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
