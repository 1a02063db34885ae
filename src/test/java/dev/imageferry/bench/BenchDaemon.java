package dev.imageferry.bench;

import dev.imageferry.simulator.SimulatedLinode;
import dev.imageferry.whole.DaemonProcess;
import dev.imageferry.whole.Launcher;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.stream.StreamSupport;

/** The packaged jar with the product's default settings. */
final class BenchDaemon {
    /** More than any measurement takes, even on a busy machine. */
    static final Duration LIMIT = Duration.ofMinutes(20);

    static final Duration SETTLE = Duration.ofSeconds(5);

    /** The intervals that {@link DaemonProcess} shortens, with their defaults. */
    private static final Map<String, String> DEFAULTS = Map.of(
            "imageferry.drop.settle", SETTLE.toSeconds() + "s",
            "imageferry.drop.scan-every", "2s",
            "imageferry.retry.initial-delay", "2s",
            "imageferry.retry.max-delay", "10m",
            "imageferry.poll.initial-delay", "2s",
            "imageferry.poll.max-delay", "30s",
            "imageferry.lease.duration", "120s");

    private BenchDaemon() {}

    /** Creates a daemon with Java's default options. Does not start it. */
    static DaemonProcess in(Path directory, SimulatedLinode linode) {
        DaemonProcess daemon = DaemonProcess.in(directory, linode).productionJvm();
        DEFAULTS.forEach(daemon::set);
        return daemon;
    }

    /** Creates a daemon with the options of {@code bin/imageferry} and the AOT cache. Does not start it. */
    static DaemonProcess launched(Path directory, SimulatedLinode linode) throws IOException {
        DaemonProcess daemon = in(directory, linode);
        Launcher.options().forEach(daemon::jvm);
        return daemon;
    }

    static int count(DaemonProcess daemon, String state) {
        return daemon.json("/api/v1/summary").get("jobs").get(state).asInt();
    }

    static int countAll(DaemonProcess daemon) {
        return StreamSupport.stream(daemon.json("/api/v1/summary").get("jobs").spliterator(), false)
                .mapToInt(count -> count.asInt())
                .sum();
    }

    /** Waits until at least this many jobs exist, and returns the time then. */
    static long awaitJobs(DaemonProcess daemon, int jobs) {
        daemon.await(jobs + " jobs", LIMIT, () -> countAll(daemon) >= jobs);
        return System.nanoTime();
    }

    static double seconds(long fromNanos, long toNanos) {
        return (toNanos - fromNanos) / 1e9;
    }
}
