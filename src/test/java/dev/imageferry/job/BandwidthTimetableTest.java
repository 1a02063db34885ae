package dev.imageferry.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.time.ZoneId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BandwidthTimetableTest {
    private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");
    private static final String OFFICE = "Mon-08:00,10M Mon-18:00,off Sat-00:00,20M";

    private static String at(String timetable, String now) {
        BandwidthTimetable parsed = BandwidthTimetable.parse(timetable);
        Instant instant = Instant.parse(now);
        String next = parsed.next(instant, BERLIN)
                .map(change -> change.limit().text() + " at " + change.at())
                .orElse("never");
        return parsed.at(instant, BERLIN).text() + ", then " + next;
    }

    // 2026-11-30 is a Monday; Berlin is UTC+1 in winter and UTC+2 in summer
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            # in order, to the second
            Mon-08:00,10M Mon-18:00,off Sat-00:00,20M | 2026-11-30T06:59:59Z | 20M, then 10M at 2026-11-30T07:00:00Z
            Mon-08:00,10M Mon-18:00,off Sat-00:00,20M | 2026-11-30T07:00:00Z | 10M, then off at 2026-11-30T17:00:00Z
            Mon-08:00,10M Mon-18:00,off Sat-00:00,20M | 2026-11-30T17:00:00Z | off, then 20M at 2026-12-04T23:00:00Z
            # the last entry of a week holds until the first one of the next
            Mon-08:00,10M Mon-18:00,off Sat-00:00,20M | 2026-12-06T12:00:00Z | 20M, then 10M at 2026-12-07T07:00:00Z
            # entries in any order, separated by semicolons, full names, any case
            saturday-00:00,20M;MON-18:00,OFF;Mon-08:00,10M | 2026-12-06T12:00:00Z | 20M, then 10M at 2026-12-07T07:00:00Z
            # one entry holds always
            Wed-12:00,5M | 2026-11-30T12:00:00Z | 5M, then never
            10M | 2026-11-30T12:00:00Z | 10M, then never
            # every day: before the first entry of a day, the last one of the day before holds
            08:00,512k 12:00,10M 23:00,off | 2026-11-30T06:00:00Z | off, then 512k at 2026-11-30T07:00:00Z
            08:00,512k 12:00,10M 23:00,off | 2026-11-30T22:00:00Z | off, then 512k at 2026-12-01T07:00:00Z
            # every day and one day mixed: an entry without a day is one for each day
            08:00,1M Sat-07:00,2M 18:00,off | 2026-12-05T06:30:00Z | 2M, then 1M at 2026-12-05T07:00:00Z
            # two entries of the same minute: the last one of the text
            08:00,1M Mon-08:00,2M 18:00,off | 2026-11-30T07:30:00Z | 2M, then off at 2026-11-30T17:00:00Z
            Mon-08:00,2M 08:00,1M 18:00,off | 2026-11-30T07:30:00Z | 1M, then off at 2026-11-30T17:00:00Z
            # entries that change nothing are not announced
            Mon-08:00,10M Tue-08:00,10M Wed-08:00,10240K Thu-08:00,off | 2026-11-30T12:00:00Z | 10M, then off at 2026-12-03T07:00:00Z
            """)
    void shows_what_holds_and_what_comes_next(String timetable, String now, String expected) {
        assertThat(at(timetable, now)).isEqualTo(expected);
    }

    // on 2026-03-29 at 01:00 UTC, clocks go from 02:00 to 03:00; on 2026-10-25 at 01:00 UTC, from 03:00 back to 02:00
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            # a skipped time begins when the clocks go forward
            02:30,1M 12:00,off | 2026-03-29T00:59:59Z | off, then 1M at 2026-03-29T01:00:00Z
            02:30,1M 12:00,off | 2026-03-29T01:00:00Z | 1M, then off at 2026-03-29T10:00:00Z
            # of several skipped times, the last one holds
            02:45,3M 02:15,2M 12:00,off | 2026-03-29T00:59:59Z | off, then 3M at 2026-03-29T01:00:00Z
            # local times stay the same after the change
            08:00,1M 18:00,off | 2026-03-28T18:00:00Z | off, then 1M at 2026-03-29T06:00:00Z
            08:00,1M 18:00,off | 2026-10-24T18:00:00Z | off, then 1M at 2026-10-25T07:00:00Z
            # a time that comes twice begins the first time, and the second time changes nothing
            02:30,1M 12:00,off | 2026-10-25T00:29:59Z | off, then 1M at 2026-10-25T00:30:00Z
            02:30,1M 12:00,off | 2026-10-25T01:10:00Z | 1M, then off at 2026-10-25T11:00:00Z
            # over a week in which the clocks change
            Sun-02:30,1M Sat-12:00,off | 2026-10-24T09:00:00Z | 1M, then off at 2026-10-24T10:00:00Z
            """)
    void follows_daylight_saving_time(String timetable, String now, String expected) {
        assertThat(at(timetable, now)).isEqualTo(expected);
    }

    @Test
    void uses_the_zone() {
        Instant now = Instant.parse("2026-11-30T07:30:00Z");
        BandwidthTimetable office = BandwidthTimetable.parse(OFFICE);

        assertThat(office.at(now, BERLIN).text()).isEqualTo("10M");
        assertThat(office.at(now, ZoneId.of("UTC")).text()).isEqualTo("20M");
    }

    @ParameterizedTest
    @CsvSource({
        "10M, 10485760",
        "512k, 524288",
        "100, 100",
        "7B, 7",
        "1G, 1073741824",
        "off, 0",
        "7E, 8070450532247928832"
    })
    void reads_limits(String text, long bytes) {
        assertThat(BandwidthTimetable.parse(text).at(Instant.EPOCH, BERLIN).bytesPerSecond())
                .isEqualTo(bytes);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            Mon-08:00,10M Mon-25:00,off | entry "Mon-25:00,off": "25:00" is not a time: use 00:00 to 23:59
            8:00,10M | entry "8:00,10M": "8:00" is not a time
            Mon,10M | entry "Mon,10M": "Mon" is not a time
            Mo-08:00,10M | entry "Mo-08:00,10M": "Mo" is not a day: use Mon, Tue, Wed, Thu, Fri, Sat or Sun
            08:00,fast | entry "08:00,fast": limit "fast" is not a number of bytes per second: use bytes per second such as 10M
            08:00,0 | limit "0" is not
            08:00,-1M | limit "-1M" is not
            08:00,10M,off | limit "10M,off" is not
            08:00,8E | limit "8E" is not
            08:00 10M | entry "08:00" has no limit after the time: use TIME,LIMIT or DAY-TIME,LIMIT
            08:00,10M:1M | limit "10M:1M" has a limit for downloads after the colon, but Imageferry only uploads: use 10M
            10M:off | limit "10M:off" has a limit for downloads
            08:00 | limit "08:00" has a limit
            fast | limit "fast" is not a number of bytes per second
            """)
    void names_a_bad_entry_the_value_and_the_remedy(String text, String message) {
        assertThatThrownBy(() -> BandwidthTimetable.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", ";"})
    void refuses_an_empty_text(String text) {
        assertThatThrownBy(() -> BandwidthTimetable.parse(text)).hasMessageContaining("is empty: use");
    }
}
