package dev.imageferry.cli;

import java.time.Duration;
import java.util.Locale;

/** Sizes, rates and durations for people. */
final class Sizes {
    private static final String[] UNITS = {"bytes", "KB", "MB", "GB", "TB"};

    private Sizes() {}

    /** Such as {@code 1.5 GB}, in powers of 1,000 as on the status page. */
    static String bytes(long count) {
        double value = count;
        int unit = 0;
        while (value >= 999.95 && unit < UNITS.length - 1) {
            value /= 1000;
            unit++;
        }
        return unit == 0 ? count + " " + UNITS[0] : String.format(Locale.ROOT, "%.1f %s", value, UNITS[unit]);
    }

    static String perSecond(double bytesPerSecond) {
        return bytes(Math.round(bytesPerSecond)) + "/s";
    }

    /** Such as {@code $0.20 a month}. */
    static String monthly(double dollars) {
        return dollars(dollars) + " a month";
    }

    /** Such as {@code $0.20}, or {@code <$0.01}. */
    static String dollars(double dollars) {
        return dollars > 0 && dollars < 0.01 ? "<$0.01" : String.format(Locale.ROOT, "$%.2f", dollars);
    }

    /** Such as {@code 1:05} or {@code 2:00:00}. */
    static String clock(Duration duration) {
        return duration.toHours() > 0
                ? "%d:%02d:%02d".formatted(duration.toHours(), duration.toMinutesPart(), duration.toSecondsPart())
                : "%d:%02d".formatted(duration.toMinutes(), duration.toSecondsPart());
    }
}
