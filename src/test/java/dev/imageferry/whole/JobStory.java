package dev.imageferry.whole;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.StreamSupport;

/** A job and its history, as returned by REST. */
record JobStory(JsonNode job, List<Line> history) {

    /**
     * One entry of the history.
     *
     * @param from the previous state; empty for the first entry
     */
    record Line(Instant at, String from, String to, int attempt, String detail) {
        boolean isChange() {
            return !from.equals(to);
        }
    }

    JobStory {
        history = List.copyOf(history);
    }

    static JobStory of(DaemonProcess daemon, JsonNode job) {
        JsonNode lines = daemon.json("/api/v1/jobs/" + job.get("id").asText() + "/history");
        return new JobStory(
                job,
                StreamSupport.stream(lines.spliterator(), false)
                        .map(line -> new Line(
                                Instant.parse(line.get("at").asText()),
                                line.get("from").isNull()
                                        ? ""
                                        : line.get("from").asText(),
                                line.get("to").asText(),
                                line.get("attempt").asInt(),
                                line.get("detail").asText()))
                        .toList());
    }

    /** Returns the jobs of the file, oldest first. */
    static List<JobStory> of(DaemonProcess daemon, String file) {
        return daemon.jobs().stream()
                .filter(job -> job.get("file").asText().equals(file))
                .map(job -> of(daemon, job))
                .toList();
    }

    /** Waits until the file has this number of jobs and all are archived. */
    static List<JobStory> awaitArchived(DaemonProcess daemon, String file, int count, Duration limit) {
        daemon.await(count + " archived jobs of " + file, limit, () -> {
            List<JsonNode> jobs = daemon.jobs().stream()
                    .filter(job -> job.get("file").asText().equals(file))
                    .toList();
            return jobs.size() >= count
                    && jobs.stream().allMatch(job -> job.get("archived").asBoolean());
        });
        List<JobStory> found = of(daemon, file);
        assertThat(found).as("jobs of %s", file).hasSize(count);
        return found;
    }

    String state() {
        return job.get("state").asText();
    }

    String label() {
        return job.get("label").asText();
    }

    String errorCode() {
        return job.get("error").isNull() ? "" : job.get("error").get("code").asText();
    }

    String errorMessage() {
        return job.get("error").isNull() ? "" : job.get("error").get("message").asText();
    }

    String imageId() {
        return job.get("image").isNull() ? "" : job.get("image").get("id").asText();
    }

    List<String> details() {
        return history.stream().map(Line::detail).toList();
    }

    /**
     * Asserts that the history leads from QUEUED to AVAILABLE, enters each state once, never returns to an earlier state and uses
     * up no attempt.
     */
    void assertStraightWayToAvailable() {
        assertThat(state()).isEqualTo("AVAILABLE");
        assertThat(errorCode()).isEmpty();
        assertThat(history.stream().filter(Line::isChange).map(Line::to))
                .containsExactly("QUEUED", "CHECKING", "READY", "UPLOADING", "PROCESSING", "AVAILABLE");
        String before = "";
        List<Instant> times = new ArrayList<>();
        for (Line line : history) {
            assertThat(line.from()).as("where %s comes from", line).isEqualTo(before);
            assertThat(line.attempt()).as("attempt of %s", line).isLessThanOrEqualTo(1);
            before = line.to();
            times.add(line.at());
        }
        assertThat(times).isSorted();
    }
}
