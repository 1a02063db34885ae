package dev.imageferry.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The command {@code status}. */
@Command(
        name = "status",
        description = "Shows the state of the queue and what blocks it.",
        footer = {"", "Exit status: 0 shown, 2 wrong call, 3 daemon out of reach"})
final class StatusCommand extends DaemonCommand {
    @Option(names = "--json", description = "Print the answer of GET /api/v1/summary")
    boolean json;

    StatusCommand(CommandContext context) {
        super(context);
    }

    @Override
    ExitStatus run(DaemonClient client) throws CommandFailure {
        JsonNode summary =
                client.require(client.get("summary", Map.of(), Deadline.NONE)).json();
        if (json) {
            JobJson.print(context.terminal(), summary);
        } else {
            lines(client.address().toString(), summary).forEach(context.terminal()::print);
        }
        return ExitStatus.OK;
    }

    static List<String> lines(String address, JsonNode summary) {
        boolean simulated = summary.path("simulated").asBoolean();
        Facts facts = new Facts()
                .add("daemon", address + (simulated ? " (Linode is simulated)" : ""))
                .add("version", summary.path("version"))
                .add("folder", summary.path("dropDirectory"))
                .add("queue", queue(summary));
        summary.path("blocked")
                .forEach(gate -> facts.add(
                        "blocked",
                        "%s since %s"
                                .formatted(
                                        gate.path("reason").asText(),
                                        gate.path("since").asText())));
        facts.add("jobs", jobs(summary.path("jobs")))
                .add(
                        "uploads",
                        "%s, %s"
                                .formatted(
                                        summary.path("uploadsInProgress").asText("0"),
                                        Sizes.perSecond(
                                                summary.path("bytesPerSecond").asDouble())))
                .add("bandwidth", bandwidth(summary.path("bandwidth")))
                .addMonthly("images cost", summary.path("monthlyCost"));
        long waiting = summary.path("oldestWaitingSeconds").asLong();
        if (waiting > 0) {
            facts.add("oldest waits", Sizes.clock(Duration.ofSeconds(waiting)));
        }
        summary.path("instances").forEach(instance -> facts.add("instance", instance.path("name")));
        return facts.lines();
    }

    private static String queue(JsonNode summary) {
        if (summary.path("paused").asBoolean()) {
            return "paused";
        }
        return summary.path("blocked").isEmpty() ? "running" : "blocked";
    }

    /** Such as {@code 10M, off from 2026-11-30T17:00:00Z}; empty for a daemon that does not report it. */
    private static String bandwidth(JsonNode bandwidth) {
        String limit = bandwidth.path("limit").asText("");
        JsonNode next = bandwidth.path("next");
        return next.isObject()
                ? "%s, %s from %s"
                        .formatted(
                                limit,
                                next.path("limit").asText(),
                                next.path("at").asText())
                : limit;
    }

    /** Such as {@code 12 AVAILABLE, 1 FAILED}. */
    private static String jobs(JsonNode counts) {
        List<String> texts = new ArrayList<>();
        counts.properties().forEach(count -> {
            if (count.getValue().asLong() > 0) {
                texts.add(count.getValue().asText() + " " + count.getKey());
            }
        });
        return texts.isEmpty() ? "none" : String.join(", ", texts);
    }
}
