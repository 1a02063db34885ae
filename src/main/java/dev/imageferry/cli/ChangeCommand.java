package dev.imageferry.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The commands {@code retry} and {@code cancel}: for single jobs, or for all that match filters. */
@Command(footer = {"", "Exit status: 0 all changed, 1 some not, 2 wrong call, 3 daemon out of reach"})
final class ChangeCommand extends DaemonCommand {
    @Parameters(
            paramLabel = "ID|FILE",
            arity = "0..*",
            description = "Ids of jobs, or files in the drop folder: their newest jobs")
    List<String> targets = new ArrayList<>();

    @Mixin
    final JobFilters filters = new JobFilters();

    @Option(names = "--json", description = "Print the answer as JSON: an array of jobs, or {\"changed\",\"refused\"}")
    boolean json;

    private final String change;

    /**
     * Creates the command.
     *
     * @param change {@code retry} or {@code cancel}
     */
    ChangeCommand(CommandContext context, String change) {
        super(context);
        this.change = change;
    }

    @Override
    ExitStatus run(DaemonClient client) throws CommandFailure {
        Map<String, String> parameters = filters.parameters();
        if (targets.isEmpty() == parameters.isEmpty()) {
            throw new CommandFailure(
                    ExitStatus.WRONG_CALL,
                    "%s requires either jobs or filters, such as --state=FAILED".formatted(change));
        }
        return targets.isEmpty() ? changeMatching(client, parameters) : changeEach(client);
    }

    private ExitStatus changeEach(DaemonClient client) throws CommandFailure {
        List<JsonNode> changed = new ArrayList<>();
        boolean refused = false;
        for (String target : targets) {
            try {
                String id = JobTarget.isId(target) ? target : JobLine.id(JobTarget.find(client, target));
                JsonNode job = client.require(client.post("jobs/" + id + "/" + change, Map.of(), Deadline.NONE))
                        .json();
                changed.add(job);
                if (!json) {
                    context.terminal().print(JobLine.id(job) + "\t" + FileReport.shown(JobLine.file(job)));
                }
            } catch (CommandFailure e) {
                if (e.status() != ExitStatus.SOME_FAILED) {
                    throw e;
                }
                refused = true;
                context.terminal().remark(FileReport.shown(target) + ": " + e.message());
            }
        }
        if (json) {
            JobJson.print(context.terminal(), changed);
        }
        return refused ? ExitStatus.SOME_FAILED : ExitStatus.OK;
    }

    private ExitStatus changeMatching(DaemonClient client, Map<String, String> parameters) throws CommandFailure {
        JsonNode answer = client.require(client.post("jobs/" + change, parameters, Deadline.NONE))
                .json();
        if (json) {
            JobJson.print(context.terminal(), answer);
        } else {
            context.terminal().print(answer.path("changed").asText("0") + " changed");
        }
        answer.path("refused")
                .forEach(each -> context.terminal()
                        .remark("%s: %s"
                                .formatted(
                                        each.path("id").asText(),
                                        FileReport.shown(each.path("reason").asText()))));
        return answer.path("refused").isEmpty() ? ExitStatus.OK : ExitStatus.SOME_FAILED;
    }
}
