package dev.imageferry.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ValueKindTest {
    private static final Map<String, ValueKind> KINDS = Map.ofEntries(
            Map.entry("DURATION", ValueKind.DURATION),
            Map.entry("POSITIVE_DURATION", ValueKind.POSITIVE_DURATION),
            Map.entry("BYTES", ValueKind.BYTES),
            Map.entry("BANDWIDTH", ValueKind.BANDWIDTH),
            Map.entry("TIME_ZONE", ValueKind.TIME_ZONE),
            Map.entry("POSITIVE_INT", ValueKind.POSITIVE_INT),
            Map.entry("PORT", ValueKind.PORT),
            Map.entry("BOOLEAN", ValueKind.BOOLEAN),
            Map.entry("API_URL", ValueKind.API_URL),
            Map.entry("HTTP_URL", ValueKind.HTTP_URL),
            Map.entry("JDBC_URL", ValueKind.JDBC_URL),
            Map.entry("SECRET", ValueKind.SECRET),
            Map.entry("TOKEN", ValueKind.TOKEN));

    @ParameterizedTest(name = "{0} {1} fits: {2}")
    @CsvSource({
        "DURATION, 5s, true",
        "DURATION, 500ms, true",
        "DURATION, 10m, true",
        "DURATION, 2h, true",
        "DURATION, 1d, true",
        "DURATION, 120, true",
        "DURATION, PT1H30M, true",
        "DURATION, 0s, true",
        "DURATION, -5s, false",
        "DURATION, PT-5S, false",
        "DURATION, soon, false",
        "DURATION, 5 parsecs, false",
        "DURATION, 99999999999999999999s, false",
        "DURATION, 9223372036854775807h, false",
        "POSITIVE_DURATION, 1ms, true",
        "POSITIVE_DURATION, 0s, false",
        "BYTES, 5368709120, true",
        "BYTES, 10M, true",
        "BYTES, 5G, true",
        "BYTES, 0, false",
        "BYTES, -1, false",
        "BYTES, off, false",
        "BYTES, 10Q, false",
        "BYTES, 9223372036854775807, true",
        "BYTES, 9223372036854775808, false",
        "BANDWIDTH, off, true",
        "BANDWIDTH, 10M, true",
        "BANDWIDTH, none, false",
        "BANDWIDTH, 'Mon-08:00,10M 18:00,off', true",
        "BANDWIDTH, 'Mon-08:00,10M 24:00,off', false",
        "TIME_ZONE, Europe/Berlin, true",
        "TIME_ZONE, UTC, true",
        "TIME_ZONE, +02:00, true",
        "TIME_ZONE, Berlin, false",
        "POSITIVE_INT, 1, true",
        "POSITIVE_INT, 0, false",
        "POSITIVE_INT, -4, false",
        "POSITIVE_INT, 2147483648, false",
        "POSITIVE_INT, 4.5, false",
        "PORT, 8080, true",
        "PORT, 65536, false",
        "BOOLEAN, true, true",
        "BOOLEAN, FALSE, true",
        "BOOLEAN, maybe, false",
        "API_URL, https://api.linode.com, true",
        "API_URL, http://127.0.0.1:8081, true",
        "API_URL, http://[::1]:8081, true",
        "API_URL, http://localhost, true",
        "API_URL, http://api.linode.com, false",
        "API_URL, http://127.0.0.1.example.com, false",
        "API_URL, https://user:pw@api.linode.com, false",
        "API_URL, https://api.linode.com?x=1, false",
        "API_URL, ftp://api.linode.com, false",
        "API_URL, api.linode.com, false",
        "API_URL, 'https://', false",
        "HTTP_URL, https://hooks.example.org/T0/B0?key=x, true",
        "HTTP_URL, http://user:pw@relay_1:8000/, true",
        "HTTP_URL, ftp://relay/x, false",
        "HTTP_URL, http://relay:70000, false",
        "HTTP_URL, relay.example.org/x, false",
        "HTTP_URL, 'https://', false",
        "JDBC_URL, jdbc:postgresql://db/x, true",
        "JDBC_URL, jdbc:h2:mem:x, false",
        "SECRET, a+b/c==, true",
        "SECRET, with space, false",
        "TOKEN, 0123abc, true",
        "TOKEN, with space, false",
        "TOKEN, tökén, false"
    })
    void accepts_only_valid_values(String kind, String value, boolean fits) {
        assertThat(Objects.requireNonNull(KINDS.get(kind)).accepts().test(value))
                .isEqualTo(fits);
    }
}
