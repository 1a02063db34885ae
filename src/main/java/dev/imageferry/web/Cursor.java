package dev.imageferry.web;

import dev.imageferry.queue.JobFilter.Position;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;
import java.util.UUID;

/** The place where a page ends, as clients carry it: base64url of priority, time of creation and id; opaque to them. */
final class Cursor {
    private static final String SEPARATOR = " ";
    /** No job is older, and PostgreSQL knows the year. */
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

    /** Reads what {@link #of} has written; empty for anything else. */
    static Optional<Position> parse(String cursor) {
        try {
            String[] parts =
                    new String(Base64.getUrlDecoder().decode(cursor), StandardCharsets.US_ASCII).split(SEPARATOR, -1);
            if (parts.length != 3) {
                return Optional.empty();
            }
            Position position =
                    new Position(Integer.parseInt(parts[0]), Instant.parse(parts[1]), UUID.fromString(parts[2]));
            boolean ours = of(position).equals(cursor)
                    && !position.createdAt().isBefore(EARLIEST)
                    && !position.createdAt().isAfter(LATEST);
            return ours ? Optional.of(position) : Optional.empty();
        } catch (IllegalArgumentException | DateTimeException e) {
            return Optional.empty(); // not ours: the caller tells the client
        }
    }
}
