package dev.imageferry.web;

import dev.imageferry.queue.JobFilter.Position;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;
import java.util.UUID;

/** The paging cursor: the position of the last job of a page in base64url. Opaque to clients. */
final class Cursor {
    private static final String SEPARATOR = " ";
    /** PostgreSQL cannot compare with all instants that Java can represent. */
    private static final Instant EARLIEST = Instant.EPOCH;

    private static final Instant LATEST = Instant.parse("9999-12-31T23:59:59Z");

    private Cursor() {}

    static String of(Position position) {
        String plain = String.join(
                SEPARATOR,
                Integer.toString(position.priority()),
                position.createdAt().toString(),
                position.id().toString());
        return Base64.getUrlEncoder().withoutPadding().encodeToString(plain.getBytes(StandardCharsets.US_ASCII));
    }

    /** Parses a cursor; empty if {@link #of} did not create it. */
    static Optional<Position> parse(String cursor) {
        try {
            String[] parts =
                    new String(Base64.getUrlDecoder().decode(cursor), StandardCharsets.US_ASCII).split(SEPARATOR, -1);
            if (parts.length != 3) {
                return Optional.empty();
            }
            Position position =
                    new Position(Integer.parseInt(parts[0]), Instant.parse(parts[1]), UUID.fromString(parts[2]));
            boolean valid = of(position).equals(cursor)
                    && !position.createdAt().isBefore(EARLIEST)
                    && !position.createdAt().isAfter(LATEST);
            return valid ? Optional.of(position) : Optional.empty();
        } catch (IllegalArgumentException | DateTimeException e) {
            return Optional.empty();
        }
    }
}
