package dev.imageferry.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.job.JobState;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PageTextTest {
    @ParameterizedTest
    @CsvSource({
        "0,0 bytes",
        "999,999 bytes",
        "1000,1.0 KB",
        "1500000,1.5 MB",
        "123456789,123 MB",
        "5368709120,5.4 GB",
        "9000000000000000,9000 TB"
    })
    void formats_bytes(long count, String text) {
        assertThat(PageText.bytes(count)).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource({
        "0,0 s",
        "59,59 s",
        "60,1 min",
        "3599,59 min",
        "4020,1 h 7 min",
        "7200,2 h",
        "172799,47 h 59 min",
        "172800,2 days"
    })
    void formats_durations(long count, String text) {
        assertThat(PageText.seconds(count)).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource({
        "2026-01-04T04:12:31.5Z,now",
        "2026-01-04T04:12:19Z,12 s ago",
        "2026-01-04T04:07:31Z,5 min ago",
        "2026-01-04T02:02:31Z,2 h 10 min ago",
        "2026-01-03T23:02:31Z,5 h ago",
        "2026-01-01T04:12:31Z,3 days ago",
        "2026-01-04T04:13:12Z,in 40 s",
        "2025-11-30T04:12:31Z,'30 Nov 2025'"
    })
    void formats_times_relative_to_now(Instant time, String text) {
        assertThat(PageText.relative(time, Instant.parse("2026-01-04T04:12:31.7Z")))
                .isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource({"0,$0.00", "0.0098,less than $0.01", "0.2,$0.20", "12.345,$12.35"})
    void formats_dollars(double amount, String text) {
        assertThat(PageText.dollars(amount)).isEqualTo(text);
    }

    @Test
    void formats_times_and_states() {
        assertThat(PageText.utc(Instant.parse("2026-01-04T04:12:31.5Z"))).isEqualTo("4 Jan 2026, 04:12:31 UTC");
        assertThat(PageText.name(JobState.PROCESSING)).isEqualTo("Processing");
    }
}
