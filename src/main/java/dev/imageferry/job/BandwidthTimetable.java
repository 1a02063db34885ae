package dev.imageferry.job;

import java.math.BigInteger;
import java.time.DateTimeException;
import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.zone.ZoneOffsetTransition;
import java.time.zone.ZoneRules;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The bandwidth limit of the queue over a week, in the form of rclone's {@code --bwlimit}: one limit ({@code 10M}, {@code off}), or
 * entries such as {@code Mon-08:00,10M 18:00,off}, separated by spaces or semicolons. An entry without a day applies every day. An
 * entry holds until the next one. Of two entries of the same minute, the last one applies.
 *
 * @param entries at least one, in any order
 */
public record BandwidthTimetable(List<Entry> entries) {
    /** Longer than a week by the largest possible change of a clock. */
    private static final int DAYS = 9;

    private static final String NO_LIMIT = "off";
    private static final String VALID_LIMITS =
            "use bytes per second such as 10M, 500K or 1G, off for no limit, or a timetable such as Mon-08:00,10M Mon-18:00,off";
    private static final Pattern BYTES = Pattern.compile("([0-9]{1,19})([BKMGTPE]?)", Pattern.CASE_INSENSITIVE);
    private static final Pattern TIME = Pattern.compile("[0-9]{2}:[0-9]{2}");

    public BandwidthTimetable {
        entries = List.copyOf(entries);
        if (entries.isEmpty()) {
            throw new IllegalArgumentException("a timetable has at least one entry");
        }
    }

    /**
     * A limit.
     *
     * @param text as it was written, such as {@code 10M} or {@code off}
     * @param bytesPerSecond 0 for no limit
     */
    public record Limit(String text, long bytesPerSecond) {}

    /**
     * When a limit begins.
     *
     * @param dayOrNull null for every day
     */
    public record Entry(@Nullable DayOfWeek dayOrNull, LocalTime time, Limit limit) {
        private boolean isOn(LocalDate date) {
            return dayOrNull == null || dayOrNull == date.getDayOfWeek();
        }
    }

    /** The next time at which another limit begins. */
    public record Change(Instant at, Limit limit) {}

    /**
     * Reads a limit or a timetable.
     *
     * @throws IllegalArgumentException if the text is invalid. The message names the entry, the value, and what to write instead
     */
    public static BandwidthTimetable parse(String text) {
        List<String> parts = Arrays.stream(text.split("[\\s;]+", -1))
                .filter(part -> !part.isEmpty())
                .toList();
        if (parts.size() == 1 && parts.getFirst().indexOf(',') < 0) {
            return new BandwidthTimetable(
                    List.of(new Entry(null, LocalTime.MIDNIGHT, limit(parts.getFirst(), "limit"))));
        }
        if (parts.isEmpty()) {
            throw new IllegalArgumentException("limit \"" + text + "\" is empty: " + VALID_LIMITS);
        }
        return new BandwidthTimetable(
                parts.stream().map(BandwidthTimetable::entry).toList());
    }

    private static Entry entry(String text) {
        String where = "entry \"" + text + "\"";
        int comma = text.indexOf(',');
        if (comma < 0) {
            throw new IllegalArgumentException(
                    where
                            + " has no limit after the time: use TIME,LIMIT or DAY-TIME,LIMIT, such as 08:00,10M or Mon-08:00,10M");
        }
        String when = text.substring(0, comma);
        int dash = when.indexOf('-');
        return new Entry(
                dash < 0 ? null : day(when.substring(0, dash), where),
                time(when.substring(dash + 1), where),
                limit(text.substring(comma + 1), where + ": limit"));
    }

    private static DayOfWeek day(String text, String where) {
        String name = text.toLowerCase(Locale.ROOT);
        for (DayOfWeek day : DayOfWeek.values()) {
            if (name.equals(shortName(day)) || name.equalsIgnoreCase(day.name())) {
                return day;
            }
        }
        throw new IllegalArgumentException(
                where + ": \"" + text + "\" is not a day: use Mon, Tue, Wed, Thu, Fri, Sat or Sun");
    }

    private static String shortName(DayOfWeek day) {
        return day.name().substring(0, 3).toLowerCase(Locale.ROOT);
    }

    private static LocalTime time(String text, String where) {
        try {
            if (TIME.matcher(text).matches()) {
                return LocalTime.parse(text);
            }
        } catch (DateTimeException e) {
            throw new IllegalArgumentException(invalidTime(text, where), e);
        }
        throw new IllegalArgumentException(invalidTime(text, where));
    }

    private static String invalidTime(String text, String where) {
        return where + ": \"" + text + "\" is not a time: use 00:00 to 23:59";
    }

    private static Limit limit(String text, String where) {
        if (text.equalsIgnoreCase(NO_LIMIT)) {
            return new Limit(NO_LIMIT, 0);
        }
        String what = where + " \"" + text + "\" ";
        int colon = text.indexOf(':');
        if (colon >= 0) {
            throw new IllegalArgumentException(what
                    + "has a limit for downloads after the colon, but Imageferry only uploads: use "
                    + (colon == 0 ? "10M" : text.substring(0, colon)));
        }
        Matcher bytes = BYTES.matcher(text);
        if (bytes.matches()) {
            BigInteger number = new BigInteger(bytes.group(1)).shiftLeft(10 * exponent(bytes.group(2)));
            if (number.signum() > 0 && number.bitLength() < Long.SIZE) {
                return new Limit(text, number.longValueExact());
            }
        }
        throw new IllegalArgumentException(what + "is not a number of bytes per second: " + VALID_LIMITS);
    }

    private static int exponent(String unit) {
        return unit.isEmpty() ? 0 : "BKMGTPE".indexOf(unit.toUpperCase(Locale.ROOT));
    }

    /** The limit that holds at a time. */
    public Limit at(Instant now, ZoneId zone) {
        return around(now, zone).floorEntry(now).getValue();
    }

    /** The next change of the limit; empty if it never changes. Entries that keep the limit are skipped. */
    public Optional<Change> next(Instant now, ZoneId zone) {
        long current = at(now, zone).bytesPerSecond();
        for (Map.Entry<Instant, Limit> later :
                around(now, zone).tailMap(now, false).entrySet()) {
            if (later.getValue().bytesPerSecond() != current) {
                return Optional.of(new Change(later.getKey(), later.getValue()));
            }
        }
        return Optional.empty();
    }

    private record Occurrence(LocalDateTime local, Instant at, Limit limit) {}

    /** What begins when, from more than a week before to more than a week after a time. */
    private NavigableMap<Instant, Limit> around(Instant now, ZoneId zone) {
        LocalDate today = LocalDate.ofInstant(now, zone);
        List<Occurrence> occurrences = new ArrayList<>();
        for (int day = -DAYS; day <= DAYS; day++) {
            LocalDate date = today.plusDays(day);
            for (Entry entry : entries) {
                if (entry.isOn(date)) {
                    LocalDateTime local = date.atTime(entry.time());
                    occurrences.add(new Occurrence(local, instant(local, zone.getRules()), entry.limit()));
                }
            }
        }
        occurrences.sort(Comparator.comparing(Occurrence::at).thenComparing(Occurrence::local));
        NavigableMap<Instant, Limit> limits = new TreeMap<>();
        occurrences.forEach(each -> limits.put(each.at(), each.limit()));
        return limits;
    }

    /** The first time at which clocks show a local time, or skip it. */
    private static Instant instant(LocalDateTime local, ZoneRules rules) {
        ZoneOffsetTransition transition = rules.getTransition(local);
        return transition != null && transition.isGap()
                ? transition.getInstant()
                : local.toInstant(rules.getValidOffsets(local).getFirst());
    }
}
