package dev.imageferry.cli;

import com.fasterxml.jackson.databind.JsonNode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The command {@code show}. */
@Command(
        name = "show",
        description = "Shows one job.",
        footer = {"", "Exit status: 0 shown, 1 no such job, 2 wrong call, 3 daemon out of reach"})
final class ShowCommand extends DaemonCommand {
    @Parameters(paramLabel = "ID|FILE", description = "The id of a job, or a file in the drop folder: its newest job")
    String target = "";

    @Option(names = "--json", description = "Print the job as JSON")
    boolean json;

    ShowCommand(CommandContext context) {
        super(context);
    }

    @Override
    ExitStatus run(DaemonClient client) throws CommandFailure {
        JsonNode job = JobTarget.find(client, target);
        if (json) {
            JobJson.print(context.terminal(), job);
        } else {
            JobText.lines(job, StateColour.on(context.terminal())).forEach(context.terminal()::print);
        }
        return ExitStatus.OK;
    }
}
