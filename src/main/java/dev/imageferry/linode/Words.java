package dev.imageferry.linode;

import java.io.IOException;
import java.time.Duration;
import java.util.regex.Pattern;

/** How things of the network are put into messages: short, on one line, and without what must not be seen. */
final class Words {
    private static final Pattern QUERY = Pattern.compile("\\?\\S+");
    private static final Pattern UNSEEN = Pattern.compile("\\p{Cntrl}+");
    private static final int LONGEST = 500;

    private Words() {}

    /** The kind of a failure and what it says. */
    static String of(IOException failure) {
        String message = failure.getMessage();
        String kind = failure.getClass().getSimpleName();
        return message == null ? kind : kind + ": " + foreign(message);
    }

    /** Text that came from outside: address queries are signatures, so they go. */
    static String foreign(String text) {
        String clean = UNSEEN.matcher(QUERY.matcher(text).replaceAll("?…"))
                .replaceAll(" ")
                .strip();
        return clean.length() <= LONGEST ? clean : clean.substring(0, LONGEST) + "…";
    }

    static String of(Duration duration) {
        long millis = duration.toMillis();
        return millis % 1000 == 0 ? millis / 1000 + " s" : millis + " ms";
    }
}
