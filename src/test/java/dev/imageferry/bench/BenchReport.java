package dev.imageferry.bench;

import java.nio.file.Path;
import org.opentest4j.TestAbortedException;

/**
 * The report of one run of {@code -Pbench}: {@code report.md}, {@code report.json} and plots in {@code target/bench}. It is complete
 * after each row, so a run that is interrupted leaves what it has measured.
 */
public final class BenchReport {
    /** Of the whole run; set by the build, so that several JVMs write one report. */
    private static final String RUN =
            System.getProperty("bench.run", "process " + ProcessHandle.current().pid());

    private static final Path DIRECTORY = Path.of(System.getProperty("bench.directory", "target/bench"));

    private BenchReport() {}

    /** One measurement with its rows. */
    @FunctionalInterface
    public interface Measurement {
        void into(Section section) throws Exception;
    }

    /** Starts a section, and removes that of an earlier run. */
    public static Section section(String title) {
        return new ReportFiles(DIRECTORY, RUN, Machine.here()).section(title);
    }

    /** Fills a section. If a tool is missing or the measurement fails, the report says so too. */
    public static void measure(String title, Measurement measurement) throws Exception {
        measure(section(title), measurement);
    }

    static void measure(Section section, Measurement measurement) throws Exception {
        try {
            measurement.into(section);
        } catch (TestAbortedException e) {
            section.row(Row.missing("Everything else", message(e)));
            throw e;
        } catch (Exception | AssertionError e) {
            section.row(Row.missing("Everything else", "the measurement failed: " + message(e)));
            throw e;
        }
    }

    /** The first line, because a failure of a daemon carries its whole log. */
    private static String message(Throwable thrown) {
        return String.valueOf(thrown.getMessage())
                .lines()
                .findFirst()
                .orElse("")
                .strip();
    }
}
