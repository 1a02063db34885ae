package dev.imageferry.linode;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The errors in a body of the form {@code {"errors":[{"field":…,"reason":…}]}}.
 *
 * @param isPresent whether the body has this form: a list that is not empty, with a reason in each entry
 */
record ApiErrors(boolean isPresent, List<Reason> reasons) {
    private static final ApiErrors NONE = new ApiErrors(false, List.of());

    /** Errors about limits of these fields concern the request, not the account. */
    private static final Set<String> REQUEST_FIELDS =
            Set.of("label", "description", "region", "regions", "tags", "cloud_init", "x-filter");

    /** Linode does not document the texts of quota errors. These words are in texts that users have quoted. */
    private static final Pattern QUOTA = Pattern.compile(
            "\\bquota|limit\\w*\\s+(?:\\w+\\s+){0,3}(?:reached|exceeded)|(?:reached|exceed\\w*)\\s+(?:\\S+\\s+){0,6}limit"
                    + "|maximum number of\\s+(?:\\w+\\s+){0,3}images|too many images|open a support ticket",
            Pattern.CASE_INSENSITIVE);

    /** Linode does not document the texts of refusals of a region. */
    private static final Pattern REGION = Pattern.compile("\\bregions?\\b", Pattern.CASE_INSENSITIVE);

    private static final Pattern BUSY = Pattern.compile("\\blinode busy\\b", Pattern.CASE_INSENSITIVE);

    /**
     * One error.
     *
     * @param field empty if none is named
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
            reasons.add(
                    new Reason(MessageText.sanitized(error.path("field").asText("")), MessageText.sanitized(reason)));
        }
        return reasons.isEmpty() ? NONE : new ApiErrors(true, reasons);
    }

    boolean isBusy() {
        return reasons.stream().anyMatch(reason -> BUSY.matcher(reason.text()).find());
    }

    /** Whether an error concerns a region, by its field or its text. */
    boolean isAboutRegion() {
        return reasons.stream()
                .anyMatch(reason -> REGION.matcher(reason.field()).matches()
                        || REGION.matcher(reason.text()).find());
    }

    boolean isQuota() {
        return reasons.stream()
                .filter(reason -> !REQUEST_FIELDS.contains(reason.field()))
                .anyMatch(reason -> QUOTA.matcher(reason.text()).find());
    }

    /** The reasons on one line. */
    String text() {
        return reasons.isEmpty()
                ? "no reason given"
                : reasons.stream().limit(5).map(Reason::toString).collect(Collectors.joining("; "));
    }
}
