package dev.imageferry.linode;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/** {@code imageferry_linode_request_seconds{operation,status}}. */
final class RequestTimer {
    /** The status of a call without an answer. */
    static final String NO_STATUS = "none";

    /** Usual statuses of Linode and the bucket, registered at the start. Others are registered when they occur. */
    private static final List<String> KNOWN_STATUS =
            List.of("200", "400", "401", "403", "404", "429", "500", "502", "503", NO_STATUS);

    private final Meter.MeterProvider<Timer> timers;

    /**
     * Registers the series.
     *
     * @param operations that will be recorded
     */
    RequestTimer(MeterRegistry registry, Set<Operation> operations) {
        this.timers = Timer.builder("imageferry_linode_request")
                .description(
                        "Duration of calls to Linode's API (operation put: to the bucket), from the connection to the end"
                                + " of the answer; status is the code of the answer, or none if there was no answer")
                .withRegistry(registry);
        operations.forEach(operation -> KNOWN_STATUS.forEach(status -> timer(operation, status)));
    }

    void record(Operation operation, String status, Duration took) {
        timer(operation, status).record(took);
    }

    private Timer timer(Operation operation, String status) {
        return timers.withTags("operation", operation.tag(), "status", status);
    }
}
