package dev.imageferry.bench;

import java.util.List;

/** The report as a page of Markdown. */
final class MarkdownReport {
    private MarkdownReport() {}

    static String of(String run, Machine machine, List<Section.Content> sections) {
        StringBuilder page = new StringBuilder("# Measurements\n\n");
        page.append("Run: ").append(run).append(". ").append(machine.text()).append("\n\n");
        List<Row> rows =
                sections.stream().flatMap(section -> section.rows().stream()).toList();
        page.append("Aims: %d kept, %d missed. Not measured: %d.\n"
                .formatted(
                        rows.stream().filter(row -> row.kept().orElse(false)).count(),
                        rows.stream().filter(row -> !row.kept().orElse(true)).count(),
                        rows.stream().filter(row -> row.missingOrNull() != null).count()));
        sections.forEach(section -> append(page, section));
        return page.toString();
    }

    private static void append(StringBuilder page, Section.Content section) {
        page.append("\n## ").append(section.title()).append("\n\n");
        if (!section.about().isEmpty()) {
            page.append(section.about()).append("\n\n");
        }
        page.append("| Measure | Imageferry | Beside it | Ratio | Aim | Kept |\n|---|---|---|---|---|---|\n");
        section.rows().forEach(row -> page.append(line(row)).append('\n'));
        section.plots().forEach(plot -> page.append("\n![](%s)\n".formatted(plot)));
    }

    /** One row of the table. */
    static String line(Row row) {
        List<String> cells = List.of(
                row.measure(), row.figureText(), row.besideText(), row.ratioText(), row.aimText(), row.verdict());
        return "| "
                + String.join(" | ", cells.stream().map(MarkdownReport::escaped).toList())
                + " |";
    }

    private static String escaped(String cell) {
        return cell.replace("|", "\\|").replaceAll("\\R", " ");
    }
}
