package dev.imageferry.web;

import dev.imageferry.daemon.QueueView;
import dev.imageferry.worker.Blocked;
import java.time.Instant;
import java.util.List;

/**
 * What stands on every page: who works, what keeps work from going on, and the switches of the whole queue.
 *
 * @param bandwidth what was set for the whole queue; empty for what the setting says
 * @param session whether there is something to log out from
 */
record Frame(
        boolean simulated,
        boolean paused,
        List<ShutGate> shut,
        String bandwidth,
        long uploads,
        List<Instance> instances,
        boolean session) {
    Frame {
        shut = List.copyOf(shut);
        instances = List.copyOf(instances);
    }

    static Frame of(QueueView.Summary summary, String bandwidth, boolean session) {
        return new Frame(
                summary.simulated(),
                summary.paused(),
                summary.blocked().stream().map(ShutGate::of).toList(),
                bandwidth,
                summary.uploadsInProgress(),
                summary.instances().stream()
                        .map(instance ->
                                new Instance(instance.name(), instance.startedAt(), PageText.utc(instance.startedAt())))
                        .toList(),
                session);
    }

    /** A gate that is shut, and why. */
    record ShutGate(String title, String reason, Instant since, String time) {
        static ShutGate of(Blocked blocked) {
            return new ShutGate(
                    blocked.starting() ? "Starting" : title(blocked.gate()),
                    blocked.reason(),
                    blocked.since(),
                    PageText.utc(blocked.since()));
        }

        private static String title(String gate) {
            return switch (gate) {
                case "api" -> "Linode does not answer";
                case "token" -> "Linode refuses the token";
                case "quota" -> "The account holds as many images as it may";
                case "database" -> "PostgreSQL does not answer";
                case "folder" -> "The drop folder is not there";
                case String other -> "Shut: " + other;
            };
        }
    }

    /** A daemon that works on the queue. */
    record Instance(String name, Instant startedAt, String time) {}

    /** What a reader should know before anything else; the browser's tab shows it. */
    public String mood() {
        if (!shut.isEmpty()) {
            return "Blocked";
        }
        if (paused) {
            return "Paused";
        }
        return uploads == 0 ? "Idle" : uploads == 1 ? "1 upload" : uploads + " uploads";
    }
}
