package dev.imageferry.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.queue.JobFilter.Position;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class CursorTest {
    private static final UUID ID = UUID.fromString("01234567-89ab-cdef-0123-456789abcdef");

    @ParameterizedTest
    @ValueSource(strings = {"2026-11-24T02:10:08.123456Z", "2026-11-24T02:10:08Z", "1970-01-01T00:00:00Z"})
    void parses_its_own_cursors(String createdAt) {
        Position position = new Position(-7, Instant.parse(createdAt), ID);

        assertThat(Cursor.parse(Cursor.of(position))).contains(position);
    }

    @Test
    void needs_no_percent_encoding() {
        assertThat(Cursor.of(new Position(Integer.MIN_VALUE, Instant.parse("2026-11-24T02:10:08.123456Z"), ID)))
                .matches("[A-Za-z0-9_-]+");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "0",
                "0 2026-11-24T02:10:08Z",
                "0 2026-11-24T02:10:08Z 01234567-89ab-cdef-0123-456789abcdef ",
                "x 2026-11-24T02:10:08Z 01234567-89ab-cdef-0123-456789abcdef",
                "99999999999 2026-11-24T02:10:08Z 01234567-89ab-cdef-0123-456789abcdef",
                "+1 2026-11-24T02:10:08Z 01234567-89ab-cdef-0123-456789abcdef",
                "0 yesterday 01234567-89ab-cdef-0123-456789abcdef",
                "0 2026-11-24T02:10:08Z 1-1-1-1-1",
                "0 +1000000000-01-01T00:00:00Z 01234567-89ab-cdef-0123-456789abcdef",
                "0 -4800-01-01T00:00:00Z 01234567-89ab-cdef-0123-456789abcdef"
            })
    void refuses_cursors_that_it_would_not_create(String plain) {
        String cursor =
                Base64.getUrlEncoder().withoutPadding().encodeToString(plain.getBytes(StandardCharsets.US_ASCII));

        assertThat(Cursor.parse(cursor)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"%", "näh", "====", "AAAA", "' OR 1=1 --"})
    void refuses_garbage(String cursor) {
        assertThat(Cursor.parse(cursor)).isEmpty();
    }

    @Test
    void refuses_a_truncated_cursor() {
        String cursor = Cursor.of(new Position(0, Instant.parse("2026-11-24T02:10:08Z"), ID));

        for (int length = 0; length < cursor.length(); length++) {
            assertThat(Cursor.parse(cursor.substring(0, length))).isEmpty();
        }
    }
}
