package dev.imageferry.cli;

import java.io.PrintStream;
import org.jspecify.annotations.Nullable;

/** A line of a terminal that is written again and again. */
final class ProgressLine {
    /** Shows nothing. */
    static final ProgressLine NONE = new ProgressLine(null, 0);

    private static final String ERASE = "\r\u001b[K";

    private final @Nullable PrintStream err;
    private final int columns;
    private String shown = "";

    ProgressLine(@Nullable PrintStream err, int columns) {
        this.err = err;
        this.columns = columns;
    }

    /** Replaces the line. */
    void show(String text) {
        // a line as wide as the terminal would wrap
        String line = DisplayWidth.shorten(FileReport.shown(text), columns - 1);
        if (err != null && !line.equals(shown)) {
            err.print(ERASE + line);
            err.flush();
            shown = line;
        }
    }

    /** Removes the line, before anything else is printed. */
    void clear() {
        if (err != null && !shown.isEmpty()) {
            err.print(ERASE);
            err.flush();
            shown = "";
        }
    }
}
