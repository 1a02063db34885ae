package dev.imageferry.web;

import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;

/** Parses the job id in a request path. */
final class JobId {
    /** {@link UUID#fromString} also accepts {@code 1-1-1-1-1}, which would give one job many URLs. */
    private static final Pattern CANONICAL =
            Pattern.compile("[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}");

    private JobId() {}

    /** The id; empty if the text is not a UUID in canonical form. */
    static Optional<UUID> parse(String id) {
        return CANONICAL.matcher(id).matches() ? Optional.of(UUID.fromString(id)) : Optional.empty();
    }
}
