package dev.imageferry.upload;

import dev.imageferry.queue.JobQueue;
import jakarta.enterprise.context.ApplicationScoped;

/** What an operator may set for the whole queue. */
@ApplicationScoped
public class QueueControl {
    private final JobQueue queue;
    private final Daemon daemon;

    QueueControl(JobQueue queue, Daemon daemon) {
        this.queue = queue;
        this.daemon = daemon;
    }

    /** Lets no new upload begin, on any instance, over restarts; those under way finish. */
    public void pause() {
        queue.setPaused(true);
    }

    /** Lets uploads begin again. */
    public void resume() {
        queue.setPaused(false);
        daemon.ferry().ifPresent(Ferry::ring);
    }
}
