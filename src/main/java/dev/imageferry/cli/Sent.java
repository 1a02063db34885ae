package dev.imageferry.cli;

import com.fasterxml.jackson.databind.JsonNode;

/** What became of one file that was sent. */
sealed interface Sent {
    /** The daemon has the image and made it a job. */
    record Accepted(JsonNode job) implements Sent {}

    /** The daemon has the sidecar, which is no job. */
    record Stored() implements Sent {}

    /**
     * The daemon refused the file, or the file could not be read.
     *
     * @param code such as {@code name-taken}
     */
    record Failed(String code, String reason) implements Sent {}
}
