package dev.imageferry.simulator;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;

/** Does things later, in real time, until the simulator is closed. */
final class Timers {
    private final Vertx vertx;

    Timers(Vertx vertx) {
        this.vertx = vertx;
    }

    /** Runs the action after the delay, at once when there is none. */
    void after(Duration delay, Runnable action) {
        if (delay.isZero() || delay.isNegative()) {
            action.run();
        } else {
            vertx.setTimer(Math.max(1, delay.toMillis()), timer -> action.run());
        }
    }

    /** Runs what takes long on a worker thread; the future completes on the caller's event loop. */
    Future<Void> onWorker(Runnable action) {
        return vertx.executeBlocking(
                () -> {
                    action.run();
                    return null;
                },
                false);
    }

    void every(Duration period, Runnable action) {
        vertx.setPeriodic(period.toMillis(), timer -> action.run());
    }
}
