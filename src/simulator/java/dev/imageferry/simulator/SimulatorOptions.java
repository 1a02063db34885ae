package dev.imageferry.simulator;

import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * How the simulated Linode behaves where nothing is scripted.
 *
 * @param port to listen on, on loopback; 0 takes a free one
 * @param token the token that is accepted at first
 * @param clock the service's time: validity of URLs, rate limits, time stamps. Processing runs in real time
 * @param processingTime how long a stored object takes until its image is available
 * @param processingTimePerMebibyte what each MiB of the object adds to that
 * @param replicationTime how long a copy to a region takes
 * @param uncompressedLimitBytes of an object's content; decompressing ends where it is exceeded
 * @param urlValidity of an upload URL; an image that got no data in that time is deleted
 * @param imageQuota how many images the account may have
 * @param rateLimits calls a minute
 * @param secondPut what a PUT does when an object of that key is stored and being processed
 * @param bodyIdleTimeout a PUT that sends no byte for so long is cut (radosgw: about 65 s)
 * @param failedUpload what becomes of an image whose object cannot be made into one
 * @param trailingBytes what bytes after the last gzip member do
 * @param eventFlow the statuses of an upload's event
 * @param fields which fields the answers have
 * @param uploadRegions the regions that take uploads; every other one is refused with a 400
 * @param stateFileOrNull keeps images, events and port for the next start; null keeps them in memory
 */
public record SimulatorOptions(
        int port,
        String token,
        InstantSource clock,
        Duration processingTime,
        Duration processingTimePerMebibyte,
        Duration replicationTime,
        long uncompressedLimitBytes,
        Duration urlValidity,
        int imageQuota,
        RateLimitValues rateLimits,
        SecondPut secondPut,
        Duration bodyIdleTimeout,
        FailedUpload failedUpload,
        TrailingBytes trailingBytes,
        EventFlow eventFlow,
        Fields fields,
        Set<String> uploadRegions,
        @Nullable Path stateFileOrNull) {

    public SimulatorOptions {
        uploadRegions = Set.copyOf(uploadRegions);
    }

    /** An image whose object cannot be made into one. Clients of Linode handle both. */
    public enum FailedUpload {
        /** GET answers 404. */
        DELETED,
        /** It stays {@code pending_upload} beside its failed event. */
        STAYS_PENDING
    }

    /**
     * Bytes after the last gzip member that are not all zero. {@code gzip -d} writes the content, warns and exits with
     * status 2; whether Linode takes that for a success is not known. Zeroes are ignored without a warning, as
     * {@code gzip -d} does.
     */
    public enum TrailingBytes {
        /** The image cannot be decompressed. */
        REFUSED,
        /** They make no difference. */
        IGNORED
    }

    /** When the event of an upload changes its status. It is not known which way Linode takes, so all are played. */
    public enum EventFlow {
        /** {@code scheduled} at the POST, {@code started} when the bytes are there, {@code finished}. */
        STARTED_AT_BYTES,
        /** {@code started} at the POST already, {@code finished}. */
        STARTED_AT_POST,
        /** {@code scheduled}, {@code started}, {@code in_progress} with the image's {@code creating}, {@code completed}. */
        IN_STEPS
    }

    /** Fields come and go. Each value was recorded; the first two on the same day. */
    public enum Fields {
        /** Images have no {@code regions}, no {@code total_size} and nothing about sharing. */
        WITHOUT_REGIONS,
        /** Images have {@code regions} and {@code total_size}. */
        WITH_REGIONS,
        /** Images have {@code is_shared} and {@code image_sharing} too, regions have {@code monitors}. */
        WITH_SHARING
    }

    /** A PUT to a URL whose object is being processed. What the real service does is not known. */
    public enum SecondPut {
        /** Stored in place of the first; what is being processed is the first. */
        TAKEN,
        /** 403 AccessDenied. */
        REFUSED,
        /** Stored in place of the first, and the processing begins anew. */
        PROCESSED_ANEW
    }

    /**
     * Calls a minute for each token.
     *
     * @param enforced whether a call too many gets 429; the headers are sent all the same
     * @param listImages {@code GET /v4/images}
     * @param otherPaginated the other GETs of pages
     * @param others everything else
     */
    public record RateLimitValues(boolean enforced, int listImages, int otherPaginated, int others) {
        /** As Linode documents them. */
        public static final RateLimitValues OF_LINODE = new RateLimitValues(true, 20, 200, 1600);

        /** Tells Linode's numbers and never says 429. */
        public static final RateLimitValues OFF = new RateLimitValues(false, 20, 200, 1600);
    }

    /** Fast, on a free port, without rate limits. */
    public static SimulatorOptions forTests() {
        return new SimulatorOptions(
                0,
                "test-token",
                InstantSource.system(),
                Duration.ofMillis(40),
                Duration.ZERO,
                Duration.ofMillis(40),
                6_442_450_944L,
                Duration.ofHours(24),
                Integer.MAX_VALUE,
                RateLimitValues.OFF,
                SecondPut.PROCESSED_ANEW,
                Duration.ofSeconds(65),
                FailedUpload.DELETED,
                TrailingBytes.REFUSED,
                EventFlow.STARTED_AT_BYTES,
                Fields.WITH_SHARING,
                Regions.TAKING_UPLOADS,
                null);
    }

    /** Slow enough to be watched, and as strict as Linode. */
    public static SimulatorOptions forDemo() {
        return forTests()
                .withToken("demo-token")
                .withProcessing(Duration.ofSeconds(3), Duration.ofMillis(20))
                .withReplicationTime(Duration.ofSeconds(4))
                .withRateLimits(RateLimitValues.OF_LINODE);
    }

    public SimulatorOptions withPort(int value) {
        return change(draft -> draft.port = value);
    }

    public SimulatorOptions withToken(String value) {
        return change(draft -> draft.token = value);
    }

    public SimulatorOptions withClock(InstantSource value) {
        return change(draft -> draft.clock = value);
    }

    /** Puts the service's clock ahead of the present one by this much; behind it when negative. */
    public SimulatorOptions withClockOffset(Duration offset) {
        return withClock(() -> clock.instant().plus(offset));
    }

    public SimulatorOptions withProcessing(Duration base, Duration perMebibyte) {
        return change(draft -> {
            draft.processingTime = base;
            draft.processingTimePerMebibyte = perMebibyte;
        });
    }

    public SimulatorOptions withReplicationTime(Duration value) {
        return change(draft -> draft.replicationTime = value);
    }

    public SimulatorOptions withUncompressedLimitBytes(long value) {
        return change(draft -> draft.uncompressedLimitBytes = value);
    }

    public SimulatorOptions withUrlValidity(Duration value) {
        return change(draft -> draft.urlValidity = value);
    }

    public SimulatorOptions withImageQuota(int value) {
        return change(draft -> draft.imageQuota = value);
    }

    public SimulatorOptions withRateLimits(RateLimitValues value) {
        return change(draft -> draft.rateLimits = value);
    }

    public SimulatorOptions withSecondPut(SecondPut value) {
        return change(draft -> draft.secondPut = value);
    }

    public SimulatorOptions withBodyIdleTimeout(Duration value) {
        return change(draft -> draft.bodyIdleTimeout = value);
    }

    public SimulatorOptions withFailedUpload(FailedUpload value) {
        return change(draft -> draft.failedUpload = value);
    }

    public SimulatorOptions withTrailingBytes(TrailingBytes value) {
        return change(draft -> draft.trailingBytes = value);
    }

    public SimulatorOptions withEventFlow(EventFlow value) {
        return change(draft -> draft.eventFlow = value);
    }

    public SimulatorOptions withFields(Fields value) {
        return change(draft -> draft.fields = value);
    }

    public SimulatorOptions withUploadRegions(Set<String> value) {
        return change(draft -> draft.uploadRegions = value);
    }

    public SimulatorOptions withStateFile(Path value) {
        return change(draft -> draft.stateFileOrNull = value);
    }

    private SimulatorOptions change(Consumer<Draft> change) {
        Draft draft = new Draft(this);
        change.accept(draft);
        return draft.done();
    }

    /** Spares each wither the list of all components. */
    private static final class Draft {
        int port;
        String token;
        InstantSource clock;
        Duration processingTime;
        Duration processingTimePerMebibyte;
        Duration replicationTime;
        long uncompressedLimitBytes;
        Duration urlValidity;
        int imageQuota;
        RateLimitValues rateLimits;
        SecondPut secondPut;
        Duration bodyIdleTimeout;
        FailedUpload failedUpload;
        TrailingBytes trailingBytes;
        EventFlow eventFlow;
        Fields fields;
        Set<String> uploadRegions;

        @Nullable
        Path stateFileOrNull;

        Draft(SimulatorOptions from) {
            port = from.port;
            token = from.token;
            clock = from.clock;
            processingTime = from.processingTime;
            processingTimePerMebibyte = from.processingTimePerMebibyte;
            replicationTime = from.replicationTime;
            uncompressedLimitBytes = from.uncompressedLimitBytes;
            urlValidity = from.urlValidity;
            imageQuota = from.imageQuota;
            rateLimits = from.rateLimits;
            secondPut = from.secondPut;
            bodyIdleTimeout = from.bodyIdleTimeout;
            failedUpload = from.failedUpload;
            trailingBytes = from.trailingBytes;
            eventFlow = from.eventFlow;
            fields = from.fields;
            uploadRegions = from.uploadRegions;
            stateFileOrNull = from.stateFileOrNull;
        }

        SimulatorOptions done() {
            return new SimulatorOptions(
                    port,
                    token,
                    clock,
                    processingTime,
                    processingTimePerMebibyte,
                    replicationTime,
                    uncompressedLimitBytes,
                    urlValidity,
                    imageQuota,
                    rateLimits,
                    secondPut,
                    bodyIdleTimeout,
                    failedUpload,
                    trailingBytes,
                    eventFlow,
                    fields,
                    uploadRegions,
                    stateFileOrNull);
        }
    }

    @Override
    public String toString() {
        return "SimulatorOptions[port=" + port + ", token=(masked), processingTime=" + processingTime + ", urlValidity="
                + urlValidity + ", imageQuota=" + imageQuota + ", rateLimits=" + rateLimits + "]";
    }
}
