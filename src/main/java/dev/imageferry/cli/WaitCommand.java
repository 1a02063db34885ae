package dev.imageferry.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The command {@code wait}. */
@Command(
        name = "wait",
        description = "Waits until jobs have ended. Prints the image ids.",
        footer = {
            "",
            "A FILE that is settling, or that is not in the folder yet, is waited for.",
            "Exit status: 0 all available, 1 some not, 2 wrong call, 3 daemon out of reach, 4 time was up"
        })
final class WaitCommand extends DaemonCommand {
    @Parameters(
            paramLabel = "ID|FILE",
            arity = "1..*",
            description = "Ids of jobs, or files in the drop folder: their newest jobs")
    List<String> targets = new ArrayList<>();

    @Option(names = "--json", description = "Print an array of jobs")
    boolean json;

    @Mixin
    final WaitOptions waiting = new WaitOptions();

    WaitCommand(CommandContext context) {
        super(context);
    }

    @Override
    ExitStatus run(DaemonClient client) throws CommandFailure, InterruptedException {
        Deadline deadline = Deadline.of(context.ticker(), waiting.timeout);
        ProgressLine line = context.terminal().progressLine();
        client.require(client.get("summary", Map.of(), deadline));
        Follower follower = new Follower(
                client,
                context,
                new Reconnection(client, context, waiting.reconnectTimeout, deadline, line),
                deadline,
                line);
        EndedJobs report = new EndedJobs(context.terminal(), json, targets.size() > 1);
        try {
            for (String target : targets) {
                report.ended(JobTarget.isId(target) ? follower.follow(target, target) : follower.followFile(target));
            }
        } finally {
            report.finish();
        }
        return report.status();
    }
}
