package dev.imageferry.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;

/** An argument that names a job: its id, or the file whose newest job is meant. */
final class JobTarget {
    private static final Pattern ID =
            Pattern.compile("[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}");
    private static final int LARGEST_PAGE = 500;

    private JobTarget() {}

    static boolean isId(String argument) {
        return ID.matcher(argument).matches();
    }

    /** The parameters of {@code GET /jobs} for the newest job of a file. */
    static Map<String, String> newestOf(String file) {
        Map<String, String> parameters = new LinkedHashMap<>();
        parameters.put("file", file);
        parameters.put("order", "newest");
        // an asterisk in a name stands for any characters, so that other files match too
        parameters.put("limit", String.valueOf(file.contains("*") ? LARGEST_PAGE : 1));
        return parameters;
    }

    /** The first job of exactly this file. */
    static Optional<JsonNode> exactly(String file, JsonNode page) {
        return StreamSupport.stream(page.path("items").spliterator(), false)
                .filter(job -> JobLine.file(job).equals(file))
                .findFirst();
    }

    /** The job that an argument names. */
    static JsonNode find(DaemonClient client, String argument) throws CommandFailure {
        if (isId(argument)) {
            return client.require(client.get("jobs/" + argument, Map.of(), Deadline.NONE))
                    .json();
        }
        JsonNode page = client.require(client.get("jobs", newestOf(argument), Deadline.NONE))
                .json();
        return exactly(argument, page)
                .orElseThrow(() -> new CommandFailure(
                        ExitStatus.SOME_FAILED, "No job for the file %s".formatted(FileReport.shown(argument))));
    }
}
