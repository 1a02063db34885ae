package dev.imageferry.daemon;

import dev.imageferry.job.BandwidthTimetable;
import dev.imageferry.linode.Bandwidth;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import org.jspecify.annotations.Nullable;

/**
 * Limits this instance to its share of the bandwidth of the whole queue, in proportion to its uploads in progress. The share is
 * updated once a second, so the total can be off for a second after an upload of another instance starts or ends, or after the
 * timetable changes the limit.
 */
@Singleton
final class BandwidthShare {
    private final Bandwidth bandwidth;
    private final String setting;
    private final ZoneId zone;
    private final InstantSource clock;
    private Use use = new Use(null, 0, 0);

    /** The last known state of the queue, see {@link #apply}. */
    private record Use(@Nullable String setLiveOrNull, long uploads, long ours) {}

    BandwidthShare(Bandwidth bandwidth, UploadSettings upload, InstantSource clock) {
        this.bandwidth = bandwidth;
        this.setting = upload.bandwidth();
        this.zone = upload.timeZone().map(ZoneId::of).orElseGet(ZoneId::systemDefault);
        this.clock = clock;
        applyTimetable();
    }

    /**
     * Applies the share of this instance.
     *
     * @param setLiveOrNull the limit or timetable set at run time; null for the setting
     * @param uploads uploads in progress on all instances
     * @param ours uploads in progress on this instance
     */
    synchronized void apply(@Nullable String setLiveOrNull, long uploads, long ours) {
        use = new Use(setLiveOrNull, uploads, ours);
        applyTimetable();
    }

    /** Applies the timetable to the last known state of the queue. */
    synchronized void applyTimetable() {
        long whole = timetable(use.setLiveOrNull()).at(clock.instant(), zone).bytesPerSecond();
        long uploads = Math.max(use.uploads(), use.ours());
        bandwidth.limit(whole == 0 ? 0 : Math.max(1, share(whole, uploads, use.ours())));
    }

    /** What applies to the whole queue now, and what comes next. */
    QueueBandwidth now(@Nullable String setLiveOrNull) {
        Instant now = clock.instant();
        BandwidthTimetable timetable = timetable(setLiveOrNull);
        return new QueueBandwidth(
                timetable.at(now, zone).text(),
                timetable
                        .next(now, zone)
                        .map(change -> new QueueBandwidth.Change(
                                change.at(), change.limit().text()))
                        .orElse(null));
    }

    private BandwidthTimetable timetable(@Nullable String setLiveOrNull) {
        return BandwidthTimetable.parse(setLiveOrNull == null ? setting : setLiveOrNull);
    }

    /** An instance without an upload gets a share for its first one. */
    private static long share(long whole, long uploads, long ours) {
        return ours == 0 ? whole / (uploads + 1) : Math.round((double) whole * ours / uploads);
    }
}
