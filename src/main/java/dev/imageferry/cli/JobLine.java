package dev.imageferry.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Set;

/** What the commands say about one job. */
final class JobLine {
    /** States whose progress is a percentage. */
    private static final Set<String> MEASURED = Set.of("CONVERTING", "UPLOADING");

    private static final Set<String> ENDS = Set.of("AVAILABLE", "REJECTED", "FAILED", "CANCELLED");

    private JobLine() {}

    static String id(JsonNode job) {
        return job.path("id").asText();
    }

    static String file(JsonNode job) {
        return job.path("file").asText();
    }

    static String state(JsonNode job) {
        return job.path("state").asText();
    }

    static boolean hasEnded(JsonNode job) {
        return ENDS.contains(state(job));
    }

    static boolean isAvailable(JsonNode job) {
        return state(job).equals("AVAILABLE");
    }

    /** Such as {@code private/123}; a dash if there is no image. */
    static String image(JsonNode job) {
        return job.path("image").path("id").asText("-");
    }

    /** Such as {@code UPLOADING 43.5 %, 12.0 MB/s, waits: …}, for a line of progress. */
    static String progress(JsonNode job) {
        StringBuilder line = new StringBuilder(state(job));
        JsonNode progress = job.path("progress");
        if (MEASURED.contains(state(job))) {
            line.append(' ').append(progress.path("percent").asText("0")).append(" %");
            if (progress.path("bytesPerSecond").isNumber()) {
                line.append("  ")
                        .append(Sizes.perSecond(progress.path("bytesPerSecond").asDouble()));
            }
        }
        if (job.path("nextAttemptAt").isTextual()) {
            line.append("  waiting: ").append(error(job));
        }
        return line.toString();
    }

    /** Such as {@code FAILED (linode-rejected): …}. */
    static String ending(JsonNode job) {
        return job.path("error").isObject() ? "%s (%s)".formatted(state(job), error(job)) : state(job);
    }

    /** Such as {@code not-gzip: x.img.gz: not a gzip file …}; a dash if there is none. */
    static String error(JsonNode job) {
        JsonNode error = job.path("error");
        return error.isObject()
                ? error.path("code").asText() + ": "
                        + FileReport.shown(error.path("message").asText())
                : "-";
    }
}
