package dev.imageferry.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The command {@code jobs}. */
@Command(
        name = "jobs",
        description = "Lists jobs, the newest first.",
        footer = {
            "",
            "A narrow terminal shows fewer columns. Exit status: 0 listed, 2 wrong call, 3 daemon out of reach"
        })
final class JobsCommand extends DaemonCommand {
    private static final int LARGEST_PAGE = 500;

    @Mixin
    final JobFilters filters = new JobFilters();

    @Option(names = "--order", paramLabel = "ORDER", description = "newest (default), oldest or priority")
    @Nullable
    String order;

    @Option(
            names = "--limit",
            paramLabel = "NUMBER",
            defaultValue = "50",
            description = "The largest number of jobs. Default: ${DEFAULT-VALUE}")
    int limit;

    @Option(names = "--all", description = "All jobs instead of a limited number")
    boolean all;

    @Option(names = "--json", description = "Print an array of jobs")
    boolean json;

    JobsCommand(CommandContext context) {
        super(context);
    }

    @Override
    ExitStatus run(DaemonClient client) throws CommandFailure {
        if (!all && limit < 1) {
            throw new CommandFailure(
                    ExitStatus.WRONG_CALL, "Bad value --limit=%d: expected 1 or more".formatted(limit));
        }
        List<JsonNode> jobs = list(client);
        if (json) {
            JobJson.print(context.terminal(), jobs);
        } else {
            JobTable.lines(jobs, context.terminal()).forEach(context.terminal()::print);
        }
        return ExitStatus.OK;
    }

    private List<JsonNode> list(DaemonClient client) throws CommandFailure {
        List<JsonNode> jobs = new ArrayList<>();
        int wanted = all ? Integer.MAX_VALUE : limit;
        Map<String, String> parameters = filters.parameters();
        if (order != null) {
            parameters.put("order", order);
        }
        while (true) {
            parameters.put("limit", String.valueOf(Math.min(LARGEST_PAGE, wanted - jobs.size())));
            JsonNode page = client.require(client.get("jobs", parameters, Deadline.NONE))
                    .json();
            page.path("items").forEach(jobs::add);
            JsonNode next = page.path("next");
            if (!next.isTextual() || jobs.size() >= wanted) {
                return jobs;
            }
            parameters.put("after", next.asText());
        }
    }
}
