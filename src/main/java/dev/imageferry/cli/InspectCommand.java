package dev.imageferry.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.imageferry.image.ContentsRule;
import dev.imageferry.image.GzipInspector;
import dev.imageferry.image.ImageLimits;
import dev.imageferry.job.Reason;
import dev.imageferry.settings.InspectSettings;
import dev.imageferry.settings.RefusedStartException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;

/** The command {@code inspect}, which checks files like the daemon, but without a database, a token or a network. */
public final class InspectCommand {
    private static final int ALL_OK = 0;
    private static final int SOME_NOT_OK = 1;
    private static final int USAGE_ERROR = 2;

    private static final String USAGE = "usage: java -jar quarkus-run.jar inspect [--json] FILE…";

    private final GzipInspector inspector;
    private final PrintStream out;
    private final PrintStream progress;
    private final boolean showProgress;

    InspectCommand(GzipInspector inspector, PrintStream out, PrintStream progress, boolean showProgress) {
        this.inspector = inspector;
        this.out = out;
        this.progress = progress;
        this.showProgress = showProgress;
    }

    /**
     * Runs the command. Prints the result to standard output and everything else to standard error.
     *
     * @param arguments those after {@code inspect}
     * @return the exit status: 0 if all files can be uploaded, 1 if not, 2 for wrong arguments or a bad setting
     */
    public static int run(List<String> arguments) {
        return switch (InspectCall.of(arguments)) {
            case InspectCall.Check check -> {
                try {
                    yield withSettings(InspectSettings.read()).run(check);
                } catch (RefusedStartException e) {
                    System.err.println("imageferry: " + e.getMessage());
                    yield USAGE_ERROR;
                }
            }
            case InspectCall.Help() -> {
                System.out.println(USAGE);
                yield ALL_OK;
            }
            case InspectCall.Wrong wrong -> {
                System.err.println("imageferry: %s; %s".formatted(wrong.reason(), USAGE));
                yield USAGE_ERROR;
            }
        };
    }

    private static InspectCommand withSettings(InspectSettings settings) {
        return new InspectCommand(
                new GzipInspector(
                        new ImageLimits(settings.compressedLimit(), settings.uncompressedLimit()),
                        settings.onlyWarnOfContents() ? ContentsRule.WARN : ContentsRule.STRICT),
                System.out,
                System.err,
                isTerminal(Path.of("/proc/self/fd/2")));
    }

    /**
     * Whether a file descriptor is a terminal, on Linux. {@link System#console()} does not check standard error.
     */
    static boolean isTerminal(Path descriptor) {
        try {
            Path device = Files.readSymbolicLink(descriptor);
            return device.startsWith("/dev/pts") || device.toString().startsWith("/dev/tty");
        } catch (IOException e) {
            return false; // not Linux: no progress is shown
        }
    }

    int run(InspectCall.Check check) {
        List<FileReport> reports = new ArrayList<>();
        for (String name : check.names()) {
            reports.add(inspect(name));
        }
        if (check.json()) {
            // JSON must be UTF-8, independent of the locale
            new PrintStream(out, true, UTF_8).println(json(reports));
        } else {
            ReportTable.lines(reports).forEach(out::println);
        }
        return reports.stream().allMatch(FileReport::ok) ? ALL_OK : SOME_NOT_OK;
    }

    private FileReport inspect(String name) {
        try {
            Path file = Path.of(name);
            return FileReport.of(name, inspector.inspect(file, progressOf(name, Files.size(file))));
        } catch (InvalidPathException e) {
            return FileReport.unreadable(name, Reason.of(e));
        } catch (IOException e) {
            return FileReport.unreadable(name, Reason.of(e));
        } finally {
            if (showProgress) {
                progress.print("\r\u001b[K");
                progress.flush();
            }
        }
    }

    private LongConsumer progressOf(String name, long bytes) {
        if (!showProgress) {
            return bytesRead -> {};
        }
        String shown = FileReport.shown(name);
        return bytesRead -> {
            progress.print("\r%s %d %%".formatted(shown, bytes == 0 ? 100 : 100 * bytesRead / bytes));
            progress.flush();
        };
    }

    private static String json(List<FileReport> reports) {
        try {
            return JsonMapper.builder()
                    .enable(SerializationFeature.INDENT_OUTPUT)
                    .build()
                    .writeValueAsString(reports);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("every report can be written as JSON", e);
        }
    }
}
