package dev.imageferry.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.function.UnaryOperator;

/** A job as lines of a name and a value. */
final class JobText {
    private JobText() {}

    static List<String> lines(JsonNode job, UnaryOperator<String> colour) {
        Facts facts = new Facts()
                .add("file", job.path("file"))
                .add("id", job.path("id"))
                .addColoured("state", colour.apply(JobLine.state(job)));
        if (job.path("error").isObject()) {
            facts.add("error", JobLine.error(job));
        }
        facts.add("next attempt", job.path("nextAttemptAt"))
                .add(
                        "attempt",
                        "%s of %s"
                                .formatted(
                                        job.path("attempt").asText(),
                                        job.path("maxAttempts").asText()))
                .add("sent", job.path("progress").path("percent").asText() + " %")
                .add("image", job.path("image").path("id"))
                .add("retired", retired(job.path("image").path("retired")));
        job.path("image")
                .path("regions")
                .forEach(copy -> facts.add(
                        "copy",
                        copy.path("region").asText() + " " + copy.path("status").asText("")));
        facts.add("label", job.path("label"))
                .add("description", job.path("description"))
                .add("region", job.path("region"))
                .add("tags", job.path("tags"))
                .add("cloud-init", job.path("cloudInit"))
                .add("replicate to", job.path("replicateTo"))
                .add("family", job.path("family"))
                .add("priority", job.path("priority"))
                .addBytes("compressed", job.path("compressedBytes"))
                .addBytes("uncompressed", job.path("uncompressedBytes"))
                .addMonthly("cost", job.path("monthlyCost"))
                .add("sha256", job.path("sha256"));
        JsonNode contents = job.path("contents");
        facts.add("filesystem", contents.path("filesystem")).add("partitions", contents.path("partitionTable"));
        contents.path("warnings").forEach(warning -> facts.add("warning", warning));
        return facts.add("daemon", job.path("instance"))
                .add("created", job.path("createdAt"))
                .add("started", job.path("startedAt"))
                .add("finished", job.path("finishedAt"))
                .lines();
    }

    /** When and why the image was deleted; empty if it was not. */
    private static String retired(JsonNode retired) {
        return retired.isObject()
                ? retired.path("at").asText() + ", " + retired.path("reason").asText()
                : "";
    }
}
