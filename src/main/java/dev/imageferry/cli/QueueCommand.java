package dev.imageferry.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The commands {@code pause} and {@code resume}. */
@Command(footer = {"", "Exit status: 0 done, 2 wrong call, 3 daemon out of reach"})
final class QueueCommand extends DaemonCommand {
    @Option(names = "--json", description = "Print {\"paused\"} as JSON")
    boolean json;

    private final String change;

    /**
     * Creates the command.
     *
     * @param change {@code pause} or {@code resume}
     */
    QueueCommand(CommandContext context, String change) {
        super(context);
        this.change = change;
    }

    @Override
    ExitStatus run(DaemonClient client) throws CommandFailure {
        client.require(client.post("queue/" + change, Map.of(), Deadline.NONE));
        boolean paused = change.equals("pause");
        if (json) {
            JobJson.print(
                    context.terminal(), JsonNodeFactory.instance.objectNode().put("paused", paused));
        } else {
            context.terminal()
                    .print(
                            paused
                                    ? "Paused: uploads whose image exists finish, no new ones start"
                                    : "Resumed: new uploads start");
        }
        return ExitStatus.OK;
    }
}
