package dev.imageferry.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The command {@code latest}. */
@Command(
        name = "latest",
        description = "Prints the id of the newest image of a family.",
        footer = {"", "Exit status: 0 printed, 1 no such family, 2 wrong call, 3 daemon out of reach"})
final class LatestCommand extends DaemonCommand {
    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9._-]*");

    @Parameters(paramLabel = "FAMILY", description = "The family, such as debian-12")
    String family = "";

    @Option(names = "--json", description = "Print the job of the image as JSON")
    boolean json;

    LatestCommand(CommandContext context) {
        super(context);
    }

    @Override
    ExitStatus run(DaemonClient client) throws CommandFailure {
        if (!NAME.matcher(family).matches()) {
            throw new CommandFailure(
                    ExitStatus.WRONG_CALL,
                    "Bad value FAMILY=%s: expected a-z, 0-9, dots, dashes and underscores"
                            .formatted(FileReport.shown(family)));
        }
        JsonNode job = client.require(client.get("families/" + family + "/latest", Map.of(), Deadline.NONE))
                .json();
        if (json) {
            JobJson.print(context.terminal(), job);
        } else {
            context.terminal().print(JobLine.image(job));
        }
        return ExitStatus.OK;
    }
}
