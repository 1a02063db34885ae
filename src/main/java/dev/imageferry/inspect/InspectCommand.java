package dev.imageferry.inspect;

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

/** Checks files as the daemon would, and does nothing else: no database, no token, no network. */
public final class InspectCommand {
    private static final int ALL_FIT = 0;
    private static final int SOME_UNFIT = 1;
    private static final int WRONG_CALL = 2;

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
     * Runs the command in this process: the result to standard output, all else to standard error. Limits and
     * {@code imageferry.check.contents} are those of the settings.
     *
     * @param arguments what stands behind {@code inspect}
     * @return the exit status: 0 when all files are fit, 1 when not, 2 for a wrong call or setting
     */
    public static int run(List<String> arguments) {
        return switch (InspectCall.of(arguments)) {
            case InspectCall.Check check -> {
                try {
                    yield withSettings(InspectSettings.read()).run(check);
                } catch (RefusedStartException e) {
                    System.err.println("imageferry: " + e.getMessage());
                    yield WRONG_CALL;
                }
            }
            case InspectCall.Help() -> {
                System.out.println(USAGE);
                yield ALL_FIT;
            }
            case InspectCall.Wrong wrong -> {
                System.err.println("imageferry: %s; %s".formatted(wrong.reason(), USAGE));
                yield WRONG_CALL;
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
     * Where the descriptor leads, on Linux. {@link System#console()} tells of standard input and output alone, and from
     * Java 22 on not even of these.
     */
    static boolean isTerminal(Path descriptor) {
        try {
            Path device = Files.readSymbolicLink(descriptor);
            return device.startsWith("/dev/pts") || device.toString().startsWith("/dev/tty");
        } catch (IOException e) {
            // not Linux: nobody is told of progress, nothing else changes
            return false;
        }
    }

    int run(InspectCall.Check check) {
        List<FileReport> reports = new ArrayList<>();
        for (String name : check.names()) {
            reports.add(inspect(name));
        }
        if (check.json()) {
            // UTF-8 whatever the locale, as JSON has to be
            new PrintStream(out, true, UTF_8).println(json(reports));
        } else {
            ReportTable.lines(reports).forEach(out::println);
        }
        return reports.stream().allMatch(FileReport::ok) ? ALL_FIT : SOME_UNFIT;
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
            throw new IllegalStateException("a record that is no JSON", e);
        }
    }
}
