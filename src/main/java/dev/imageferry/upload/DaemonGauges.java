package dev.imageferry.upload;

import dev.imageferry.job.JobState;
import dev.imageferry.linode.Bandwidth;
import dev.imageferry.queue.QueueCounts;
import java.io.IOException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** What is measured when it is asked for: of the whole queue as of the last second's query, of this instance as it is. */
final class DaemonGauges {
    private final Daemon daemon;
    private final Gates gates;
    private final Bandwidth bandwidth;

    DaemonGauges(Daemon daemon, Gates gates, Bandwidth bandwidth) {
        this.daemon = daemon;
        this.gates = gates;
        this.bandwidth = bandwidth;
    }

    void register(UploadMetrics metrics) {
        for (JobState state : JobState.values()) {
            metrics.gauge(
                    "imageferry_jobs",
                    "state",
                    state.name(),
                    "Jobs of the whole queue",
                    () -> daemon.counts()
                            .map(now -> now.jobs().getOrDefault(state, 0L))
                            .orElse(0L));
        }
        for (Gate gate : new Gate[] {Gate.API, Gate.TOKEN, Gate.QUOTA, Gate.DATABASE, Gate.FOLDER}) {
            metrics.gauge(
                    "imageferry_blocked",
                    "gate",
                    gate.name(),
                    "1 while work that needs this is stopped",
                    () -> gates.isOpen(gate) ? 0 : 1);
        }
        metrics.gauge(
                "imageferry_blocked",
                "gate",
                "bucket",
                "1 while work that needs this is stopped",
                () -> gates.blocked().stream().anyMatch(closed -> closed.gate().startsWith("bucket:")) ? 1 : 0);
        metrics.gauge(
                "imageferry_paused",
                "1 while no new upload begins, on any instance",
                daemon,
                of -> of.counts().filter(QueueCounts::paused).isPresent() ? 1 : 0);
        metrics.gauge(
                "imageferry_oldest_waiting_seconds",
                "How long the oldest job waits to begin",
                daemon,
                of -> of.counts()
                        .map(now -> (double) now.oldestWaiting().toSeconds())
                        .orElse(0.0));
        metrics.gauge(
                "imageferry_last_success_timestamp_seconds",
                "When the last job became available",
                daemon,
                of -> of.counts().map(now -> seconds(now.lastSuccessOrNull())).orElse(0.0));
        metrics.gauge(
                "imageferry_last_scan_timestamp_seconds",
                "When the folder was last walked",
                daemon,
                of -> of.ferry()
                        .map(running -> seconds(running.intake().seen().atOrNull()))
                        .orElse(0.0));
        metrics.gauge(
                "imageferry_drop_files",
                "status",
                "settling",
                "Files in the folder that are no jobs",
                () -> daemon.ferry()
                        .map(running -> running.intake().seen().settling().size())
                        .orElse(0));
        metrics.gauge(
                "imageferry_drop_files",
                "status",
                "ignored",
                "Files in the folder that are no jobs",
                () -> daemon.ferry()
                        .map(running -> running.intake().seen().ignored().size())
                        .orElse(0));
        metrics.gauge(
                "imageferry_drop_free_bytes",
                "Bytes free on the folder's file system",
                daemon,
                DaemonGauges::freeBytes);
        metrics.gauge(
                "imageferry_bandwidth_limit_bytes_per_second",
                "This instance's share of the limit; 0 without one",
                bandwidth,
                Bandwidth::limit);
    }

    private static double freeBytes(Daemon daemon) {
        Ferry running = daemon.ferry().orElse(null);
        if (running == null) {
            return Double.NaN;
        }
        try {
            return running.folder().freeBytes();
        } catch (IOException e) {
            return Double.NaN; // Prometheus' way to say that it is not known
        }
    }

    private static double seconds(@Nullable Instant moment) {
        return moment == null ? 0 : moment.toEpochMilli() / 1000.0;
    }
}
