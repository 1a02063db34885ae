package dev.imageferry.linode;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;

/** {@code imageferry_linode_request_seconds{operation,status}}: {@code status} is the code, or {@code none}. */
final class RequestTimer {
    private final MeterRegistry registry;

    RequestTimer(MeterRegistry registry) {
        this.registry = registry;
    }

    Running start(Operation operation) {
        return new Running(registry, operation);
    }

    /** One call on its way. */
    static final class Running {
        private final MeterRegistry registry;
        private final Operation operation;
        private final Timer.Sample sample;
        private String status = "none";

        private Running(MeterRegistry registry, Operation operation) {
            this.registry = registry;
            this.operation = operation;
            this.sample = Timer.start(registry);
        }

        void answered(int code) {
            status = String.valueOf(code);
        }

        /** Books the call and tells how long it took, in nanoseconds. */
        long stop() {
            return sample.stop(Timer.builder("imageferry_linode_request")
                    .description("Calls to Linode, from the connection to the end of the answer")
                    .tag("operation", operation.tag())
                    .tag("status", status)
                    .register(registry));
        }
    }
}
