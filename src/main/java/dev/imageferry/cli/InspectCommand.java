package dev.imageferry.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.imageferry.drop.ImageNames;
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
    /**
     * What the settings say.
     *
     * @param inspector applies the limits
     * @param pricePerGb dollars a month for one GB in one region
     */
    record Rules(GzipInspector inspector, ImageNames names, double pricePerGb) {}

    /** Reads the settings. */
    @FunctionalInterface
    interface RulesSource {
        Rules read() throws RefusedStartException;
    }

    @Parameters(paramLabel = "FILE", arity = "1..*", description = "Files to check")
    List<String> names = new ArrayList<>();

    @Option(names = "--json", description = "Print an array of results")
    boolean json;

    private final Terminal terminal;
    private final RulesSource rules;

    InspectCommand(Terminal terminal) {
        this(terminal, InspectCommand::withSettings);
    }

    InspectCommand(Terminal terminal, RulesSource rules) {
        this.terminal = terminal;
        this.rules = rules;
    }

    private static Rules withSettings() throws RefusedStartException {
        InspectSettings settings = InspectSettings.read();
        GzipInspector inspector = new GzipInspector(
                new ImageLimits(settings.compressedLimit(), settings.uncompressedLimit()),
                settings.onlyWarnOfContents() ? ContentsRule.WARN : ContentsRule.STRICT,
                settings.dropFreeBlocks());
        return new Rules(inspector, new ImageNames(settings.names(), settings.convert()), settings.pricePerGb());
    }

    @Override
    public Integer call() throws CommandFailure {
        Rules applied;
        try {
            applied = rules.read();
        } catch (RefusedStartException | IllegalArgumentException e) {
            throw new CommandFailure(ExitStatus.WRONG_CALL, String.valueOf(e.getMessage()));
        }
        ProgressLine progress = terminal.progressLine();
        List<FileReport> reports = new ArrayList<>();
        for (String name : names) {
            reports.add(inspect(applied, name, progress));
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

    private static FileReport inspect(Rules rules, String name, ProgressLine progress) {
        try {
            Path file = Path.of(name);
            long bytes = Files.size(file);
            LongConsumer percent =
                    bytesRead -> progress.show("%s %d %%".formatted(name, bytes == 0 ? 100 : 100 * bytesRead / bytes));
            return FileReport.of(name, rules.inspector().inspect(file, percent), rules);
        } catch (InvalidPathException e) {
            return FileReport.unreadable(name, Reason.of(e), rules.names());
        } catch (IOException e) {
            return FileReport.unreadable(name, Reason.of(e), rules.names());
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
