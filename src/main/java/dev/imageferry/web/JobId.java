package dev.imageferry.web;

import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;

/** A job's id in a path. */
final class JobId {
    /** {@link UUID#fromString} takes {@code 1-1-1-1-1} too: one job would have many addresses. */
    private static final Pattern CANONICAL =
            Pattern.compile("[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}");

    private JobId() {}

    /** Empty for what cannot be the id of any job. */
    static Optional<UUID> parse(String id) {
        return CANONICAL.matcher(id).matches() ? Optional.of(UUID.fromString(id)) : Optional.empty();
    }
}
