package dev.imageferry.simulator;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.io.Writer;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Writes everything that the daemon prints to the log file, and what a person wants to see to the terminal. */
final class DaemonOutput {
    /** Quarkus' default format: date, time, level, logger, thread, message. */
    private static final Pattern LOG_LINE =
            Pattern.compile("\\d{4}-\\d\\d-\\d\\d (\\d\\d:\\d\\d:\\d\\d),\\d+ (\\w+) +\\[[^]]*] \\(.*?\\) (.*)");

    private static final Pattern TRANSITION =
            Pattern.compile("job=\\S+ file=(.*) from=([A-Z]+) to=([A-Z]+) attempt=\\d+(?: detail=(.*))?");

    /** What the daemon prints before it has a log, such as a bad setting. */
    private static final String BEFORE_THE_LOG = "imageferry: ";

    private DaemonOutput() {}

    /** Returns when the daemon has closed its output. */
    static void copy(BufferedReader output, Writer logFile, PrintStream terminal) throws IOException {
        for (String line = output.readLine(); line != null; line = output.readLine()) {
            logFile.write(line);
            logFile.write('\n');
            logFile.flush();
            forTerminal(line).ifPresent(terminal::println);
        }
    }

    /** The line as the terminal shows it: transitions of jobs, warnings and errors. Empty for everything else. */
    static Optional<String> forTerminal(String line) {
        if (line.startsWith(BEFORE_THE_LOG)) {
            return Optional.of(line);
        }
        Matcher logged = LOG_LINE.matcher(line);
        if (!logged.matches()) {
            return Optional.empty();
        }
        String time = logged.group(1);
        String level = logged.group(2);
        String message = logged.group(3);
        Matcher transition = TRANSITION.matcher(message);
        if (transition.matches()) {
            return Optional.of(time + "  " + transition.group(1) + "  " + transition.group(2) + " → "
                    + transition.group(3) + detail(transition));
        }
        return level.equals("WARN") || level.equals("ERROR")
                ? Optional.of(time + "  " + level + "  " + message)
                : Optional.empty();
    }

    private static String detail(Matcher transition) {
        String detail = transition.group(4);
        return detail == null || detail.equals("null") ? "" : "  " + detail;
    }
}
