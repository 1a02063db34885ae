package dev.imageferry.linode;

import dev.imageferry.job.Reason;
import java.io.IOException;
import java.time.Duration;
import java.util.regex.Pattern;

/** Formats network errors and untrusted text for messages: short, on one line, and without secrets. */
final class MessageText {
    private static final Pattern QUERY = Pattern.compile("\\?\\S+");
    private static final Pattern CONTROL = Pattern.compile("\\p{Cntrl}+");
    private static final int LONGEST = 500;

    private MessageText() {}

    static String of(IOException failure) {
        return sanitized(Reason.of(failure));
    }

    /** Removes control characters, and the queries of URLs, which contain signatures. */
    static String sanitized(String text) {
        String clean = CONTROL.matcher(QUERY.matcher(text).replaceAll("?…"))
                .replaceAll(" ")
                .strip();
        return clean.length() <= LONGEST ? clean : clean.substring(0, LONGEST) + "…";
    }

    static String of(Duration duration) {
        long millis = duration.toMillis();
        return millis % 1000 == 0 ? millis / 1000 + " s" : millis + " ms";
    }
}
