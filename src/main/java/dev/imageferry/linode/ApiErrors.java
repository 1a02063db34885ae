package dev.imageferry.linode;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What {@code {"errors":[{"field":…,"reason":…}]}} says.
 *
 * @param isPresent whether the body has that form: a list that is not empty, each entry with a reason
 */
record ApiErrors(boolean isPresent, List<Reason> reasons) {
    private static final ApiErrors NONE = new ApiErrors(false, List.of());

    /** Length limits of these are about the request, not about the account. */
    private static final Set<String> REQUEST_FIELDS =
            Set.of("label", "description", "region", "regions", "tags", "cloud_init", "x-filter");

    /** The texts of quota refusals are not published: these words are in those that people have quoted. */
    private static final Pattern QUOTA = Pattern.compile(
            "\\bquota|limit\\w*\\s+(?:\\w+\\s+){0,3}(?:reached|exceeded)|(?:reached|exceed\\w*)\\s+(?:\\S+\\s+){0,6}limit"
                    + "|maximum number of\\s+(?:\\w+\\s+){0,3}images|too many images|open a support ticket",
            Pattern.CASE_INSENSITIVE);

    private static final Pattern BUSY = Pattern.compile("\\blinode busy\\b", Pattern.CASE_INSENSITIVE);

    /**
     * One complaint.
     *
     * @param field empty where none is named
     */
    record Reason(String field, String text) {
        @Override
        public String toString() {
            return field.isEmpty() ? text : field + ": " + text;
        }
    }

    ApiErrors {
        reasons = List.copyOf(reasons);
    }

    static ApiErrors of(JsonNode json) {
        JsonNode errors = json.path("errors");
        if (!errors.isArray()) {
            return NONE;
        }
        List<Reason> reasons = new ArrayList<>();
        for (JsonNode error : errors) {
            String reason = error.path("reason").asText("");
            if (reason.isBlank()) {
                return NONE;
            }
            reasons.add(new Reason(Words.foreign(error.path("field").asText("")), Words.foreign(reason)));
        }
        return reasons.isEmpty() ? NONE : new ApiErrors(true, reasons);
    }

    boolean isBusy() {
        return reasons.stream().anyMatch(reason -> BUSY.matcher(reason.text()).find());
    }

    boolean isQuota() {
        return reasons.stream()
                .filter(reason -> !REQUEST_FIELDS.contains(reason.field()))
                .anyMatch(reason -> QUOTA.matcher(reason.text()).find());
    }

    /** All complaints on one line; says so when there is none. */
    String inWords() {
        return reasons.isEmpty()
                ? "no reason given"
                : reasons.stream().limit(5).map(Reason::toString).collect(Collectors.joining("; "));
    }
}
