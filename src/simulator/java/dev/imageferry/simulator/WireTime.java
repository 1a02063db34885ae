package dev.imageferry.simulator;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Times as the API writes them. */
final class WireTime {
    private static final DateTimeFormatter FORMAT =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss").withZone(ZoneOffset.UTC);

    /** RFC 9110, IMF-fixdate: the day of the month has two digits. */
    private static final DateTimeFormatter HEADER = DateTimeFormatter.ofPattern(
                    "EEE, dd MMM uuuu HH:mm:ss 'GMT'", Locale.ENGLISH)
            .withZone(ZoneOffset.UTC);

    private WireTime() {}

    /** As in a header, e.g. {@code Date}. */
    static String header(Instant instant) {
        return HEADER.format(instant);
    }

    /** As in JSON: UTC, without a zone, in whole seconds. */
    static String of(Instant instant) {
        return FORMAT.format(instant);
    }
}
