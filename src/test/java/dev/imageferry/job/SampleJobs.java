package dev.imageferry.job;

import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Creates jobs in memory. */
public final class SampleJobs {
    public static final Instant CREATED = Instant.parse("2026-11-24T02:10:08.123456Z");

    private SampleJobs() {}

    public static Job in(JobState state, int attempt) {
        return in(state, attempt, null);
    }

    public static Job in(JobState state, int attempt, @Nullable Problem error) {
        return in(state, attempt, error, "host-1");
    }

    /** Creates a job that no instance holds. */
    public static Job free(JobState state, int attempt, @Nullable Problem error) {
        return in(state, attempt, error, null);
    }

    private static Job in(JobState state, int attempt, @Nullable Problem error, @Nullable String instance) {
        return new Job(
                UUID.fromString("0f8fad5b-d9cb-469f-a165-70867728950e"),
                UUID.fromString("7c9e6679-7425-40de-944b-e07fc1f90ae7"),
                "images/debian-12.img.gz",
                new FileFingerprint(7, 1000, 1_700_000_000_000_000_000L, 1),
                CREATED,
                state,
                new ImageMetadata("debian-12", "", "us-ord", List.of(), false, List.of(), 0),
                0,
                false,
                null,
                null,
                ImageRecord.NONE,
                null,
                0,
                attempt,
                CREATED,
                error,
                null,
                instance,
                3,
                false,
                null,
                CREATED,
                null,
                CREATED,
                null,
                null,
                CREATED);
    }
}
