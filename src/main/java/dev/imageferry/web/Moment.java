package dev.imageferry.web;

import java.time.Instant;

/**
 * A time as the page shows it.
 *
 * @param words relative to now, such as {@code 5 min ago}
 * @param exact in UTC; the script replaces it with the local time
 */
record Moment(Instant at, String words, String exact) {
    static Moment of(Instant at, Instant now) {
        return new Moment(at, PageText.relative(at, now), PageText.utc(at));
    }

    /** The time of day, without JavaScript in UTC. */
    public String clock() {
        return PageText.clock(at);
    }
}
