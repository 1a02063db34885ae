package dev.imageferry.notify;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;

/** Counts the attempts of this instance. All series are registered at zero from the start. */
public final class DeliveryCounters {
    private final Counter delivered;
    private final Counter retry;
    private final Counter gaveUp;

    public DeliveryCounters(MeterRegistry registry) {
        this.delivered = counter(registry, "delivered");
        this.retry = counter(registry, "retry");
        this.gaveUp = counter(registry, "gave-up");
    }

    void delivered() {
        delivered.increment();
    }

    void retry() {
        retry.increment();
    }

    void gaveUp() {
        gaveUp.increment();
    }

    private static Counter counter(MeterRegistry registry, String outcome) {
        return Counter.builder("imageferry_notifications")
                .description(
                        "Attempts of this instance to deliver a notification: delivered; retry; gave-up (the outcome is"
                                + " more than seven days old)")
                .tag("outcome", outcome)
                .register(registry);
    }
}
