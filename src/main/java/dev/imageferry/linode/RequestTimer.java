package dev.imageferry.linode;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/** {@code imageferry_linode_request_seconds{operation,status}}: {@code status} is the answer's code, or {@code none}. */
final class RequestTimer {
    /** No answer came. */
    static final String NO_STATUS = "none";

    /** What Linode and its bucket are known to answer: there from the start. Any other begins with its first call. */
    private static final List<String> KNOWN_STATUS =
            List.of("200", "400", "401", "403", "404", "429", "500", "502", "503", NO_STATUS);

    private final Meter.MeterProvider<Timer> timers;

    /**
     * Registers the series.
     *
     * @param operations that are going to be booked
     */
    RequestTimer(MeterRegistry registry, Set<Operation> operations) {
        this.timers = Timer.builder("imageferry_linode_request")
                .description(
                        "Calls to Linode's API (operation put: to its bucket), from the connection to the end of the"
                                + " answer; status is the answer's code, or none where no answer came")
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
