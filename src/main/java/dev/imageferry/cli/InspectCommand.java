package dev.imageferry.cli;

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
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.LongConsumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The command {@code inspect}, which checks files like the daemon, but without a database, a token or a network. */
@Command(
        name = "inspect",
        description = "Checks files like the daemon, but without a database, a token or a network.",
        footer = {"", "Exit status: 0 all files can be uploaded, 1 some cannot, 2 wrong arguments or a bad setting"})
final class InspectCommand implements Callable<Integer> {
    /** Creates the inspector with the limits that apply. */
    @FunctionalInterface
    interface InspectorSource {
        GzipInspector open() throws RefusedStartException;
    }

    @Parameters(paramLabel = "FILE", arity = "1..*", description = "Files to check")
    List<String> names = new ArrayList<>();

    @Option(names = "--json", description = "Print an array of results")
    boolean json;

    private final Terminal terminal;
    private final InspectorSource inspectors;

    InspectCommand(Terminal terminal) {
        this(terminal, InspectCommand::withSettings);
    }

    InspectCommand(Terminal terminal, InspectorSource inspectors) {
        this.terminal = terminal;
        this.inspectors = inspectors;
    }

    private static GzipInspector withSettings() throws RefusedStartException {
        InspectSettings settings = InspectSettings.read();
        return new GzipInspector(
                new ImageLimits(settings.compressedLimit(), settings.uncompressedLimit()),
                settings.onlyWarnOfContents() ? ContentsRule.WARN : ContentsRule.STRICT);
    }

    @Override
    public Integer call() throws CommandFailure {
        GzipInspector inspector;
        try {
            inspector = inspectors.open();
        } catch (RefusedStartException e) {
            throw new CommandFailure(ExitStatus.WRONG_CALL, String.valueOf(e.getMessage()));
        }
        ProgressLine progress = terminal.progressLine();
        List<FileReport> reports = new ArrayList<>();
        for (String name : names) {
            reports.add(inspect(inspector, name, progress));
            progress.clear();
        }
        if (json) {
            terminal.printJson(json(reports));
        } else {
            ReportTable.lines(reports, terminal.tableWidth()).forEach(terminal::print);
        }
        boolean allOk = reports.stream().allMatch(FileReport::ok);
        return (allOk ? ExitStatus.OK : ExitStatus.SOME_FAILED).code();
    }

    private static FileReport inspect(GzipInspector inspector, String name, ProgressLine progress) {
        try {
            Path file = Path.of(name);
            long bytes = Files.size(file);
            LongConsumer percent =
                    bytesRead -> progress.show("%s %d %%".formatted(name, bytes == 0 ? 100 : 100 * bytesRead / bytes));
            return FileReport.of(name, inspector.inspect(file, percent), inspector.decoder());
        } catch (InvalidPathException e) {
            return FileReport.unreadable(name, Reason.of(e));
        } catch (IOException e) {
            return FileReport.unreadable(name, Reason.of(e));
        }
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
