package dev.imageferry.daemon;

import dev.imageferry.job.JobState;
import dev.imageferry.linode.Bandwidth;
import dev.imageferry.queue.QueueCounts;
import dev.imageferry.worker.Gate;
import dev.imageferry.worker.Gates;
import java.io.IOException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** What is measured when it is asked for: of the whole queue as of the last second's query, of this instance as it is. */
final class DaemonGauges {
    private static final String GATE_HELP =
            "1 while this instance does no work that needs this, because it is away or refuses us (0 while the daemon is starting and has not asked yet); GET /api/v1/summary says why";
    private static final String DROP_HELP =
            "Files in the drop folder that are no jobs: still being written, or ignored with a"
                    + " reason that GET /api/v1/drop tells";

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
                    "Jobs of the whole queue that are in this state now; the same from every instance",
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
                "1 while no new upload begins on any instance, because a user paused the queue",
                daemon,
                of -> of.counts().filter(QueueCounts::paused).isPresent() ? 1 : 0);
        metrics.gauge(
                "imageferry_oldest_waiting_seconds",
                "How long ago the oldest job of the whole queue that is QUEUED or READY was made; 0 when none waits",
                daemon,
                of -> of.counts()
                        .map(now -> (double) now.oldestWaiting().toSeconds())
                        .orElse(0.0));
        metrics.gauge(
                "imageferry_longest_standstill_seconds",
                "How long the job of the whole queue that an instance holds and that moved least lately has sent no byte and"
                        + " ended no step; 0 when none is held",
                daemon,
                of -> of.counts()
                        .map(now -> (double) now.longestStandstill().toSeconds())
                        .orElse(0.0));
        metrics.gauge(
                "imageferry_upload_url_expiry_timestamp_seconds",
                "When the first upload address of a job of the whole queue that waits for its bytes expires; 0 when there is"
                        + " none",
                daemon,
                of -> of.counts().map(now -> seconds(now.urlExpiryOrNull())).orElse(0.0));
        metrics.gauge(
                "imageferry_last_success_timestamp_seconds",
                "When a job of the whole queue became AVAILABLE last; 0 when none did",
                daemon,
                of -> of.counts().map(now -> seconds(now.lastSuccessOrNull())).orElse(0.0));
        metrics.gauge(
                "imageferry_last_scan_timestamp_seconds",
                "When this instance last walked through the drop folder; 0 before the first time",
                daemon,
                of -> of.service()
                        .map(running -> seconds(running.intake().seen().atOrNull()))
                        .orElse(0.0));
        metrics.gauge(
                "imageferry_drop_files",
                "status",
                "settling",
                DROP_HELP,
                () -> daemon.service()
                        .map(running -> running.intake().seen().settling().size())
                        .orElse(0));
        metrics.gauge(
                "imageferry_drop_files",
                "status",
                "ignored",
                DROP_HELP,
                () -> daemon.service()
                        .map(running -> running.intake().seen().ignored().size())
                        .orElse(0));
        metrics.gauge(
                "imageferry_drop_free_bytes",
                "Bytes left on the file system of the drop folder; NaN when it cannot be asked",
                daemon,
                DaemonGauges::freeBytes);
        metrics.gauge(
                "imageferry_bandwidth_limit_bytes_per_second",
                "What this instance's uploads may send together, its share of the limit of the whole queue; 0 when there is none",
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
            return Double.NaN; // Prometheus' way to say that it is not known
        }
    }

    private static double seconds(@Nullable Instant moment) {
        return moment == null ? 0 : moment.toEpochMilli() / 1000.0;
    }
}
