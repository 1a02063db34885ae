package dev.imageferry.bench;

import java.util.ArrayList;
import java.util.List;

/** A part of the report under construction. Each change is written at once. */
public final class Section {
    private final ReportFiles files;
    private final String title;
    private final List<String> about = new ArrayList<>();
    private final List<Row> rows = new ArrayList<>();
    private final List<String> plots = new ArrayList<>();

    Section(ReportFiles files, String title) {
        this.files = files;
        this.title = title;
        save();
    }

    /** Adds a sentence about the conditions of the measurement. */
    public Section about(String sentence) {
        about.add(sentence);
        return save();
    }

    public Section row(Row row) {
        rows.add(row);
        System.out.println(title + ": " + MarkdownReport.line(row));
        return save();
    }

    public Section plot(Plot plot) {
        files.write(plot.fileName(), plot.svg());
        plots.add(plot.fileName());
        return save();
    }

    private Section save() {
        files.save(new Content(title, String.join(" ", about), rows, plots));
        return this;
    }

    /** What a section file contains. */
    record Content(String title, String about, List<Row> rows, List<String> plots) {
        Content {
            rows = List.copyOf(rows);
            plots = List.copyOf(plots);
        }
    }
}
