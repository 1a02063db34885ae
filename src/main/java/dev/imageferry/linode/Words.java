package dev.imageferry.linode;

import dev.imageferry.job.Reason;
import java.io.IOException;
import java.time.Duration;
import java.util.regex.Pattern;

/** How things of the network are put into messages: short, on one line, and without what must not be seen. */
final class Words {
    private static final Pattern QUERY = Pattern.compile("\\?\\S+");
    private static final Pattern UNSEEN = Pattern.compile("\\p{Cntrl}+");
    private static final int LONGEST = 500;

    private Words() {}

    /** What a failure of the network was. */
    static String of(IOException failure) {
        return foreign(Reason.of(failure));
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
