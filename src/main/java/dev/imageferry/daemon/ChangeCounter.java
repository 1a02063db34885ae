package dev.imageferry.daemon;

import dev.imageferry.queue.Claim;
import dev.imageferry.worker.JobListener;
import dev.imageferry.worker.StepResult;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.concurrent.atomic.AtomicLong;

/** Counts the changes that this instance makes to jobs, so that readers can detect a change. */
@ApplicationScoped
class ChangeCounter implements JobListener {
    private final AtomicLong count = new AtomicLong();

    @Override
    public void claimed(Claim claim) {
        count.incrementAndGet();
    }

    @Override
    public void recorded(StepResult result) {
        count.incrementAndGet();
    }

    @Override
    public void imagePruned(String imageId, String family) {
        count.incrementAndGet();
    }

    long count() {
        return count.get();
    }
}
