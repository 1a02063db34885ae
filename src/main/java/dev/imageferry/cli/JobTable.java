package dev.imageferry.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/** A table with one line per job. Empty cells are a dash, and the file is last because its name can contain spaces. */
final class JobTable {
    private static final List<Table.Column> COLUMNS = List.of(
            Table.Column.left("STATE"),
            Table.Column.right("SENT"),
            Table.Column.right("BYTES").leftOut(3),
            Table.Column.left("IMAGE").leftOut(4),
            Table.Column.left("ID").leftOut(2),
            Table.Column.left("CREATED").leftOut(1),
            Table.Column.left("FILE"));

    private JobTable() {}

    static List<String> lines(List<JsonNode> jobs, Terminal terminal) {
        Table table = new Table(COLUMNS);
        jobs.forEach(job -> table.add(row(job)));
        return table.lines(terminal.tableWidth(), StateColour.on(terminal));
    }

    private static List<String> row(JsonNode job) {
        return List.of(
                JobLine.state(job),
                job.path("progress").path("percent").asInt() + "%",
                job.path("compressedBytes").asText("-"),
                JobLine.image(job),
                JobLine.id(job),
                job.path("createdAt").asText("-").replaceFirst("\\.\\d+Z$", "Z"),
                JobLine.file(job));
    }
}
