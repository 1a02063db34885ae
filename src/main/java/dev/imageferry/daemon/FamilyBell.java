package dev.imageferry.daemon;

import dev.imageferry.job.Job;
import dev.imageferry.job.JobState;
import dev.imageferry.worker.JobListener;
import dev.imageferry.worker.StepResult;
import jakarta.inject.Singleton;
import java.util.concurrent.atomic.AtomicBoolean;

/** Rings when this instance has made an image of a family that keeps a number of images. */
@Singleton
final class FamilyBell implements JobListener {
    private final AtomicBoolean rung = new AtomicBoolean();
    private volatile Runnable onRing = () -> {};

    @Override
    public void recorded(StepResult result) {
        Job job = result.after();
        if (result.isTransition()
                && job.state() == JobState.AVAILABLE
                && job.metadata().keepOrNull() != null) {
            rung.set(true);
            onRing.run();
        }
    }

    /** Sets what is done when it rings, and does it once now, because it may have rung before. Must be quick and must not throw. */
    void onRing(Runnable action) {
        onRing = action;
        action.run();
    }

    /** Whether it has rung since the last call. */
    boolean take() {
        return rung.getAndSet(false);
    }
}
