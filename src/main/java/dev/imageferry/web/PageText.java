package dev.imageferry.web;

import dev.imageferry.job.JobState;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Formats numbers and times for the page. {@code page/format.js} does the same for live updates. */
final class PageText {
    private static final String[] UNITS = {"bytes", "KB", "MB", "GB", "TB"};
    private static final DateTimeFormatter UTC = DateTimeFormatter.ofPattern(
                    "d MMM uuuu, HH:mm:ss 'UTC'", Locale.ENGLISH)
            .withZone(ZoneOffset.UTC);

    private PageText() {}

    /** 1500000 → {@code 1.5 MB}. */
    static String bytes(long count) {
        double value = count;
        int unit = 0;
        while (value >= 1000 && unit < UNITS.length - 1) {
            value /= 1000;
            unit++;
        }
        return unit == 0 || value >= 100
                ? Math.round(value) + " " + UNITS[unit]
                : String.format(Locale.ROOT, "%.1f %s", value, UNITS[unit]);
    }

    /** 4020 → {@code 1 h 7 min}. */
    static String seconds(long count) {
        if (count < 60) {
            return count + " s";
        }
        long minutes = count / 60;
        if (minutes < 60) {
            return minutes + " min";
        }
        long hours = minutes / 60;
        return hours < 48 ? hours + " h " + minutes % 60 + " min" : hours / 24 + " days";
    }

    /** Shown without JavaScript; the script replaces it with the local time. */
    static String utc(Instant time) {
        return UTC.format(time);
    }

    /** PROCESSING → {@code Processing}. */
    static String name(JobState state) {
        return state.name().charAt(0) + state.name().substring(1).toLowerCase(Locale.ROOT);
    }
}
