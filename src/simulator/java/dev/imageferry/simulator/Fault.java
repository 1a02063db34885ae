package dev.imageferry.simulator;

import java.time.Duration;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A scripted fault. Faults are consumed in order of registration: a request takes the first one that fits it and is not
 * used up. A PUT that the bucket's rules refuse takes none. Faults of the processing are taken when an object was stored,
 * those of the replication when a region is asked for; both beside the faults of requests.
 *
 * @param operation the requests it befalls; of a processing fault {@link Operation#PUT_OBJECT}, of a replication fault
 *     {@link Operation#REPLICATE}
 * @param fits which of them
 * @param skip so many that fit pass unharmed first
 * @param times how often it strikes
 * @param effect what it does
 */
public record Fault(Operation operation, Predicate<Target> fits, int skip, int times, Effect effect) {

    /**
     * What a fault may strike.
     *
     * @param path as sent, without the query
     * @param labelOrNull the image's label, as far as known
     * @param imageIdOrNull the image's id, as far as known
     */
    public record Target(
            Operation operation,
            String method,
            String path,
            @Nullable String labelOrNull,
            @Nullable String imageIdOrNull) {}

    public Fault {
        if (skip < 0 || times < 1) {
            throw new IllegalArgumentException(
                    "skip " + skip + " must be at least 0 and times " + times + " at least 1");
        }
        boolean possible = switch (effect) {
            case Effect.OnApi ignored -> operation != Operation.PUT_OBJECT;
            case Effect.OnCall ignored -> true;
            case Effect.OnPut ignored -> operation == Operation.PUT_OBJECT;
            case Effect.OnProcessing ignored -> operation == Operation.PUT_OBJECT;
            case Effect.OnReplication ignored -> operation == Operation.REPLICATE;
        };
        if (!possible) {
            throw new IllegalArgumentException(effect + " cannot befall " + operation);
        }
    }

    /** Strikes the next request of the operation. */
    public static Fault on(Operation operation, Effect.OnCall effect) {
        return any(operation, effect);
    }

    /** Answers the next request of the operation with this instead of handling it. */
    public static Fault answer(Operation operation, Answer answer) {
        return any(operation, new Effect.AnswerInstead(answer));
    }

    /** Strikes the next PUT to the bucket. */
    public static Fault onPut(Effect.OnPut effect) {
        return any(Operation.PUT_OBJECT, effect);
    }

    /** Strikes the processing of the next stored object. */
    public static Fault onProcessing(Effect.OnProcessing effect) {
        return any(Operation.PUT_OBJECT, effect);
    }

    /** The processing of the next stored object fails with this message; image and event tell of it at once. */
    public static Fault processingFails(String message) {
        return onProcessing(new Effect.ProcessingFails(message, Duration.ZERO, Duration.ZERO));
    }

    /** Strikes the next copy to a region. */
    public static Fault onReplication(Effect.OnReplication effect) {
        return any(Operation.REPLICATE, effect);
    }

    private static Fault any(Operation operation, Effect effect) {
        return new Fault(operation, target -> true, 0, 1, effect);
    }

    /** Strikes so often. */
    public Fault times(int times) {
        return new Fault(operation, fits, skip, times, effect);
    }

    /** Strikes every time. */
    public Fault always() {
        return times(Integer.MAX_VALUE);
    }

    /** Strikes from the nth that fits on, counted from 1. */
    public Fault fromNth(int nth) {
        return new Fault(operation, fits, nth - 1, times, effect);
    }

    /** Strikes only what also fits this. */
    public Fault when(Predicate<Target> also) {
        return new Fault(operation, fits.and(also), skip, times, effect);
    }

    /** Strikes only what is about the image with this label. */
    public Fault forLabel(String label) {
        return when(target -> label.equals(target.labelOrNull()));
    }
}
