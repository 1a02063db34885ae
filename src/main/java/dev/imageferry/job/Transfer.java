package dev.imageferry.job;

import java.util.EnumMap;
import java.util.Map;

/**
 * The bytes of a job's PUTs that one run found wasted or arrived. Bytes of a PUT whose answer was lost are in doubt
 * ({@link Job#bytesInDoubt()}) until a later run knows whether they arrived.
 *
 * @param wasted bytes of failed PUTs, by error code
 * @param arrived bytes that were in doubt and turned out to have arrived
 */
public record Transfer(Map<ErrorCode, Long> wasted, long arrived) {
    public Transfer {
        wasted = Map.copyOf(wasted);
    }

    /**
     * Computes the bytes of one run.
     *
     * @param before the job at the start of the run
     * @param found the job as the step left it
     * @param after the job with its next state
     * @param wastedByStep bytes of PUTs that failed during the run
     */
    public static Transfer of(Job before, Job found, Job after, Map<ErrorCode, Long> wastedByStep) {
        Map<ErrorCode, Long> wasted = new EnumMap<>(ErrorCode.class);
        wasted.putAll(wastedByStep);
        long lost = lostBytes(before, found, after);
        if (lost > 0) {
            wasted.merge(after.error().map(Problem::code).orElse(ErrorCode.UPLOAD_INTERRUPTED), lost, Long::sum);
        }
        return new Transfer(wasted, arrivedBytes(before, after));
    }

    public long wastedTotal() {
        return wasted.values().stream().mapToLong(Long::longValue).sum();
    }

    /** Bytes in doubt that did not arrive: they are sent again, or the job ends without them. */
    private static long lostBytes(Job before, Job found, Job after) {
        return switch (after.state()) {
            case CONVERTING, UPLOADING -> after.bytesInDoubt() == 0 ? before.bytesInDoubt() : 0;
            case FAILED, REJECTED, CANCELLED -> Math.max(before.bytesInDoubt(), found.bytesInDoubt());
            case QUEUED, CHECKING, READY, PROCESSING, REPLICATING, AVAILABLE -> 0;
        };
    }

    private static long arrivedBytes(Job before, Job after) {
        return switch (after.state()) {
            case PROCESSING, REPLICATING, AVAILABLE ->
                before.bytesInDoubt() > 0 ? before.uploadedFile().bytes() : 0;
            case QUEUED, CONVERTING, CHECKING, READY, UPLOADING, REJECTED, FAILED, CANCELLED -> 0;
        };
    }
}
