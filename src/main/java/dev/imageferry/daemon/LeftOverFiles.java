package dev.imageferry.daemon;

import dev.imageferry.drop.Incoming;
import dev.imageferry.drop.PreparedFiles;
import dev.imageferry.queue.JobQueue;
import java.time.InstantSource;

/** Removes hidden files that daemons left in the drop folder when they died. */
record LeftOverFiles(Incoming incoming, PreparedFiles prepared, JobQueue queue, InstantSource clock) {
    void remove() {
        incoming.removeAbandoned(clock.instant());
        prepared.removeLeftOvers(
                id -> queue.find(id).filter(job -> !job.isArchived()).isPresent());
    }
}
