package dev.imageferry.daemon;

import dev.imageferry.job.JobState;
import dev.imageferry.linode.Bandwidth;
import dev.imageferry.queue.QueueCounts;
import dev.imageferry.worker.Gate;
import dev.imageferry.worker.Gates;
import java.io.IOException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** The gauges of this instance and of the whole queue. Those of the queue are at most five seconds old. */
final class DaemonGauges {
    private static final String GATE_HELP =
            "1 while the gate is closed because of a failure, so that work that needs it stops (0 while the daemon is starting); GET /api/v1/summary shows the reason";
    private static final String DROP_HELP =
            "Files in the drop folder that are not jobs: still being written, or ignored for a reason that"
                    + " GET /api/v1/drop shows";

    private final Daemon daemon;
    private final Gates gates;
    private final Bandwidth bandwidth;

    DaemonGauges(Daemon daemon, Gates gates, Bandwidth bandwidth) {
        this.daemon = daemon;
        this.gates = gates;
        this.bandwidth = bandwidth;
    }

    void register(JobMetrics metrics) {
        for (JobState state : JobState.values()) {
            metrics.gauge(
                    "imageferry_jobs",
                    "state",
                    state.name(),
                    "Jobs of the whole queue in this state; every instance reports the same value",
                    () -> daemon.counts()
                            .map(now -> now.jobs().getOrDefault(state, 0L))
                            .orElse(0L));
        }
        for (Gate gate : new Gate[] {Gate.API, Gate.TOKEN, Gate.QUOTA, Gate.DATABASE, Gate.FOLDER}) {
            metrics.gauge("imageferry_blocked", "gate", gate.name(), GATE_HELP, () -> gates.isOutage(gate) ? 1 : 0);
        }
        metrics.gauge(
                "imageferry_blocked",
                "gate",
                "bucket",
                GATE_HELP,
                () -> gates.blocked().stream().anyMatch(closed -> closed.gate().startsWith("bucket:")) ? 1 : 0);
        metrics.gauge(
                "imageferry_paused",
                "1 while a user has paused the queue, so that no instance starts an upload",
                daemon,
                of -> of.counts().filter(QueueCounts::paused).isPresent() ? 1 : 0);
        metrics.gauge(
                "imageferry_oldest_waiting_seconds",
                "Age of the oldest job of the whole queue in QUEUED or READY; 0 if none is waiting",
                daemon,
                of -> of.counts()
                        .map(now -> (double) now.oldestWaiting().toSeconds())
                        .orElse(0.0));
        metrics.gauge(
                "imageferry_longest_standstill_seconds",
                "Longest time for which a leased job of the whole queue has sent no byte and completed no step; 0 if"
                        + " no job is leased",
                daemon,
                of -> of.counts()
                        .map(now -> (double) now.longestStandstill().toSeconds())
                        .orElse(0.0));
        metrics.gauge(
                "imageferry_upload_url_expiry_timestamp_seconds",
                "Earliest expiry of an upload URL that a job of the whole queue still needs; 0 if there is none",
                daemon,
                of -> of.counts().map(now -> seconds(now.urlExpiryOrNull())).orElse(0.0));
        metrics.gauge(
                "imageferry_unarchived_jobs",
                "Jobs of the whole queue that ended more than a minute ago and whose file is not archived yet",
                daemon,
                of -> of.counts().map(now -> (double) now.unarchived()).orElse(0.0));
        metrics.gauge(
                "imageferry_last_success_timestamp_seconds",
                "Time at which a job of the whole queue last became AVAILABLE; 0 if none has",
                daemon,
                of -> of.counts().map(now -> seconds(now.lastSuccessOrNull())).orElse(0.0));
        metrics.gauge(
                "imageferry_last_scan_timestamp_seconds",
                "Time of the last scan of the drop folder by this instance; 0 before the first scan",
                daemon,
                of -> seconds(of.seen().atOrNull()));
        metrics.gauge(
                "imageferry_drop_files",
                "status",
                "settling",
                DROP_HELP,
                () -> daemon.seen().settling().size());
        metrics.gauge(
                "imageferry_drop_files",
                "status",
                "ignored",
                DROP_HELP,
                () -> daemon.seen().ignored().size());
        metrics.gauge(
                "imageferry_drop_free_bytes",
                "Free bytes on the file system of the drop folder; NaN if unknown",
                daemon,
                DaemonGauges::freeBytes);
        metrics.gauge(
                "imageferry_bandwidth_limit_bytes_per_second",
                "Bandwidth limit of this instance, its share of the limit of the whole queue; 0 if there is no limit",
                bandwidth,
                Bandwidth::limit);
    }

    private static double freeBytes(Daemon daemon) {
        FolderService running = daemon.service().orElse(null);
        if (running == null) {
            return Double.NaN;
        }
        try {
            return running.folder().freeBytes();
        } catch (IOException e) {
            return Double.NaN;
        }
    }

    private static double seconds(@Nullable Instant moment) {
        return moment == null ? 0 : moment.toEpochMilli() / 1000.0;
    }
}
