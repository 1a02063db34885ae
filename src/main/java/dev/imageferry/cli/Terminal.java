package dev.imageferry.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Where a command writes: results to standard output, everything else to standard error. */
final class Terminal {
    private static final int DEFAULT_COLUMNS = 80;
    private static final Pattern STTY_SIZE = Pattern.compile("\\d+ ([1-9]\\d{0,4})\\s*");

    private final PrintStream out;
    private final PrintStream err;
    private final boolean outIsTerminal;
    private final boolean errIsTerminal;
    private final boolean colours;
    private final IntSupplier columns;

    Terminal(
            PrintStream out,
            PrintStream err,
            boolean outIsTerminal,
            boolean errIsTerminal,
            boolean colours,
            IntSupplier columns) {
        this.out = out;
        this.err = err;
        this.outIsTerminal = outIsTerminal;
        this.errIsTerminal = errIsTerminal;
        this.colours = colours;
        this.columns = columns;
    }

    /** The standard output and error of this process. */
    static Terminal ofProcess(Map<String, String> environment) {
        boolean outIsTerminal = isTerminal(Path.of("/proc/self/fd/1"));
        boolean colours = outIsTerminal
                && environment.getOrDefault("NO_COLOR", "").isEmpty()
                && !environment.getOrDefault("TERM", "").equals("dumb");
        return new Terminal(
                System.out,
                System.err,
                outIsTerminal,
                isTerminal(Path.of("/proc/self/fd/2")),
                colours,
                () -> columns(environment));
    }

    /** Whether a file descriptor is a terminal, on Linux. {@link System#console()} does not check standard error. */
    static boolean isTerminal(Path descriptor) {
        try {
            Path device = Files.readSymbolicLink(descriptor);
            return device.startsWith("/dev/pts") || device.toString().startsWith("/dev/tty");
        } catch (IOException e) {
            return false; // not Linux: plain output
        }
    }

    private static int columns(Map<String, String> environment) {
        String set = environment.getOrDefault("COLUMNS", "");
        return set.matches("[1-9]\\d{0,4}")
                ? Integer.parseInt(set)
                : terminalColumns().orElse(DEFAULT_COLUMNS);
    }

    /** Java cannot ask a terminal for its width. */
    private static OptionalInt terminalColumns() {
        try {
            Process stty = new ProcessBuilder("stty", "size")
                    .redirectInput(new File("/dev/tty"))
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            String size = new String(stty.getInputStream().readAllBytes(), UTF_8);
            Matcher matcher = STTY_SIZE.matcher(size);
            return stty.waitFor(1, TimeUnit.SECONDS) && matcher.matches()
                    ? OptionalInt.of(Integer.parseInt(matcher.group(1)))
                    : OptionalInt.empty();
        } catch (IOException e) {
            return OptionalInt.empty(); // no stty or no /dev/tty: the default
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return OptionalInt.empty();
        }
    }

    /** The width of tables; empty if standard output is not a terminal. */
    OptionalInt tableWidth() {
        return outIsTerminal ? OptionalInt.of(columns.getAsInt()) : OptionalInt.empty();
    }

    /** The line for progress on standard error; without effect if that is not a terminal. */
    ProgressLine progressLine() {
        return errIsTerminal ? new ProgressLine(err, columns.getAsInt()) : ProgressLine.NONE;
    }

    PrintStream out() {
        return out;
    }

    PrintStream err() {
        return err;
    }

    boolean hasColours() {
        return colours;
    }

    boolean showsProgress() {
        return errIsTerminal;
    }

    /** Prints a line of the result. */
    void print(String line) {
        out.println(line);
        out.flush();
    }

    /** Prints JSON in UTF-8, whatever the locale is. */
    void printJson(String json) {
        PrintStream utf8 = new PrintStream(out, true, UTF_8);
        utf8.println(json);
        utf8.flush();
    }

    /** Prints a remark or an error. */
    void remark(String line) {
        err.println("imageferry: " + line);
        err.flush();
    }
}
