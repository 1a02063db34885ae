package dev.imageferry.web;

import dev.imageferry.job.JobState;
import java.time.Duration;
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

    private static final DateTimeFormatter DAY =
            DateTimeFormatter.ofPattern("d MMM uuuu", Locale.ENGLISH).withZone(ZoneOffset.UTC);
    private static final DateTimeFormatter CLOCK =
            DateTimeFormatter.ofPattern("HH:mm 'UTC'", Locale.ENGLISH).withZone(ZoneOffset.UTC);

    /** Older times are shown as a date. */
    private static final long RELATIVE_DAYS = 30;

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
        if (hours >= 48) {
            return hours / 24 + " days";
        }
        return minutes % 60 == 0 ? hours + " h" : hours + " h " + minutes % 60 + " min";
    }

    /** {@code 5 min ago}, {@code in 40 s}, {@code now}, or a date. */
    static String relative(Instant time, Instant now) {
        Duration age = Duration.between(time, now);
        if (age.abs().toSeconds() < 1) {
            return "now";
        }
        if (age.abs().toDays() >= RELATIVE_DAYS) {
            return DAY.format(time);
        }
        String distance = seconds(roughly(age.abs().toSeconds()));
        return age.isNegative() ? "in " + distance : distance + " ago";
    }

    /** Drops the minutes after three hours, because nobody needs them. */
    private static long roughly(long seconds) {
        return seconds < 3 * 3600 ? seconds : seconds / 3600 * 3600;
    }

    /** The time between two events. */
    static String duration(Instant from, Instant to) {
        long seconds = Math.max(0, Duration.between(from, to).toSeconds());
        return seconds < 1 ? "< 1 s" : seconds(seconds);
    }

    /** {@code 15:22 UTC}. */
    static String clock(Instant time) {
        return CLOCK.format(time);
    }

    /** Dollars and cents. */
    static String dollars(double amount) {
        return amount > 0 && amount < 0.01 ? "less than $0.01" : String.format(Locale.ROOT, "$%.2f", amount);
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
