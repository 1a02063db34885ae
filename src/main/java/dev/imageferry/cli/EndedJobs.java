package dev.imageferry.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/** Prints what {@code wait} and {@code put} have to report about each file, and knows the exit status. */
final class EndedJobs {
    private final Terminal terminal;
    private final boolean json;
    private final boolean several;
    private final List<JsonNode> elements = new ArrayList<>();
    private boolean someFailed;

    /**
     * Starts without jobs.
     *
     * @param json whether to print one array at the end instead of lines
     * @param several whether each line names its file
     */
    EndedJobs(Terminal terminal, boolean json, boolean several) {
        this.terminal = terminal;
        this.json = json;
        this.several = several;
    }

    /** Reports a job that has ended: the id of its image, or the reason. */
    void ended(JsonNode job) {
        elements.add(job);
        if (JobLine.isAvailable(job)) {
            line(JobLine.image(job), JobLine.file(job));
        } else {
            someFailed = true;
            terminal.remark(FileReport.shown(JobLine.file(job)) + ": " + JobLine.ending(job));
        }
    }

    /** Reports a job that is not waited for: its id. */
    void accepted(JsonNode job) {
        elements.add(job);
        line(JobLine.id(job), JobLine.file(job));
    }

    /** Reports a file that did not become a job. */
    void failed(String file, String code, String reason) {
        someFailed = true;
        ObjectNode element = JsonNodeFactory.instance.objectNode().put("file", file);
        element.putObject("error").put("code", code).put("message", reason);
        elements.add(element);
        terminal.remark("%s: not sent (%s): %s".formatted(FileReport.shown(file), code, reason));
    }

    /** Prints a remark that belongs to no element. */
    void note(String remark) {
        terminal.remark(remark);
    }

    private void line(String id, String file) {
        if (!json) {
            terminal.print(several ? id + "\t" + FileReport.shown(file) : id);
        }
    }

    /** Prints the array if {@code --json} is set. */
    void finish() {
        if (json) {
            JobJson.print(terminal, elements);
        }
    }

    ExitStatus status() {
        return someFailed ? ExitStatus.SOME_FAILED : ExitStatus.OK;
    }
}
