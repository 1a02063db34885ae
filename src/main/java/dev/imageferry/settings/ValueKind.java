package dev.imageferry.settings;

import dev.imageferry.job.BandwidthTimetable;
import io.quarkus.runtime.configuration.DurationConverter;
import io.quarkus.runtime.configuration.MemorySizeConverter;
import java.math.BigInteger;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZoneId;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import okhttp3.HttpUrl;

/**
 * The format of the value of a setting. Uses the converters of Quarkus and the URLs of OkHttp, so that they can read every value that
 * is valid here.
 *
 * @param description continues "expected …"
 * @param accepts whether a value, which is never empty, is valid
 * @param remedy what is wrong with an invalid value, and what to write instead
 */
record ValueKind(String description, Predicate<String> accepts, UnaryOperator<String> remedy) {
    ValueKind(String description, Predicate<String> accepts) {
        this(description, accepts, value -> "expected " + description);
    }

    /** Longer durations would overflow the milliseconds of a timer. */
    private static final Duration LONGEST = Duration.ofDays(36_500);

    static final ValueKind TEXT = new ValueKind("a text", value -> true);

    static final ValueKind LIST = new ValueKind("a comma-separated list", value -> true);

    /** Other characters are not allowed in an HTTP header, and the error would contain the token. */
    static final ValueKind TOKEN =
            new ValueKind("a token of printable ASCII characters without spaces", value -> value.matches("[!-~]+"));

    /** Like a token, so that a stray space or line break does not become a part of it. */
    static final ValueKind SECRET =
            new ValueKind("a secret of printable ASCII characters without spaces", TOKEN.accepts());

    static final ValueKind BOOLEAN = oneOf("true", "false");

    /** Can be zero. */
    static final ValueKind DURATION = new ValueKind(
            "a duration such as 500ms, 10s, 5m, 2h or PT1H30M", value -> isDuration(value, Duration.ZERO));

    static final ValueKind POSITIVE_DURATION = new ValueKind(
            "a duration of more than zero such as 500ms, 10s, 5m, 2h or PT1H30M",
            value -> isDuration(value, Duration.ofMillis(1)));

    static final ValueKind BYTES =
            new ValueKind("a number of bytes such as 5368709120, 500M or 6G", ValueKind::isBytes);

    static final ValueKind BANDWIDTH = new ValueKind(
            "off, a number of bytes such as 500K or 10M, or a timetable",
            value -> bandwidthError(value).isEmpty(),
            value -> bandwidthError(value).orElse(""));

    static final ValueKind TIME_ZONE = new ValueKind("a time zone such as Europe/Berlin or UTC", ValueKind::isTimeZone);

    static final ValueKind PRICE =
            new ValueKind("an amount such as 0.10", value -> value.matches("\\d{1,6}(\\.\\d{1,6})?"));

    static final ValueKind POSITIVE_INT =
            new ValueKind("a whole number from 1 to " + Integer.MAX_VALUE, value -> isInt(value, 1, Integer.MAX_VALUE));

    static final ValueKind PORT =
            new ValueKind("a TCP port from 0 (any free port) to 65535", value -> isInt(value, 0, 65_535));

    static final ValueKind API_URL =
            new ValueKind("an https URL without a query (http only for localhost)", ValueKind::isApiUrl);

    static final ValueKind HTTP_URL = new ValueKind("an http or https URL", value -> HttpUrl.parse(value) != null);

    static final ValueKind PROXY = new ValueKind(
            "an HTTP proxy such as http://host:3128 or http://user:password@host:3128", ValueKind::isProxy);

    static final ValueKind JDBC_URL = new ValueKind(
            "a URL such as jdbc:postgresql://host:5432/database", value -> value.startsWith("jdbc:postgresql:"));

    private static final Set<String> THIS_MACHINE = Set.of("localhost", "127.0.0.1", "[::1]");

    static ValueKind oneOf(String... values) {
        List<String> all = List.of(values);
        return new ValueKind("one of " + String.join(", ", all), value -> all.contains(value.toLowerCase(Locale.ROOT)));
    }

    private static boolean isDuration(String value, Duration least) {
        try {
            Duration duration = new DurationConverter().convert(value);
            return duration != null && duration.compareTo(least) >= 0 && duration.compareTo(LONGEST) <= 0;
        } catch (IllegalArgumentException | ArithmeticException e) {
            return false;
        }
    }

    private static Optional<String> bandwidthError(String value) {
        try {
            BandwidthTimetable.parse(value);
            return Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.ofNullable(e.getMessage());
        }
    }

    private static boolean isTimeZone(String value) {
        try {
            return !ZoneId.of(value).getId().isEmpty();
        } catch (DateTimeException e) {
            return false;
        }
    }

    private static boolean isBytes(String value) {
        try {
            BigInteger bytes = new MemorySizeConverter().convert(value).asBigInteger();
            return bytes.signum() > 0 && bytes.bitLength() < Long.SIZE;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static boolean isInt(String value, int least, int most) {
        try {
            int number = Integer.parseInt(value);
            return number >= least && number <= most;
        } catch (NumberFormatException e) {
            return false;
        }
    }

    /** Requires a port, because programs have different defaults. Like curl, accepts an address without {@code http://}. */
    private static boolean isProxy(String value) {
        String url = value.contains("://") ? value : "http://" + value;
        return HttpUrl.parse(url) != null && url.matches("http://(.*@)?[^@]+:\\d+/?");
    }

    private static boolean isApiUrl(String value) {
        try {
            URI uri = new URI(value);
            String host = uri.getHost();
            return host != null
                    && uri.getUserInfo() == null
                    && uri.getQuery() == null
                    && uri.getFragment() == null
                    && ("https".equals(uri.getScheme())
                            || ("http".equals(uri.getScheme()) && THIS_MACHINE.contains(host)));
        } catch (URISyntaxException e) {
            return false;
        }
    }
}
