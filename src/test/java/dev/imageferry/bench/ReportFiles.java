package dev.imageferry.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * Merges the sections of one run into the report. Each section has a file of its own in the folder {@code sections}; those of other
 * runs are deleted with their plots.
 */
final class ReportFiles {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path directory;
    private final String run;
    private final Machine machine;

    private record SectionFile(String run, Section.Content content) {}

    ReportFiles(Path directory, String run, Machine machine) {
        this.directory = directory;
        this.run = run;
        this.machine = machine;
    }

    Section section(String title) {
        return new Section(this, title);
    }

    void save(Section.Content content) {
        write("sections/" + slug(content.title()) + ".json", json(new SectionFile(run, content)));
        List<Section.Content> sections = sections();
        write("report.md", MarkdownReport.of(run, machine, sections));
        write("report.json", report(sections));
    }

    /** Returns the sections of this run by title. */
    private List<Section.Content> sections() {
        List<Section.Content> sections = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory.resolve("sections"), "*.json")) {
            for (Path file : files) {
                SectionFile section = JSON.readValue(file.toFile(), SectionFile.class);
                if (section.run().equals(run)) {
                    sections.add(section.content());
                } else {
                    for (String plot : section.content().plots()) {
                        Files.deleteIfExists(directory.resolve(plot));
                    }
                    Files.delete(file);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        sections.sort(Comparator.comparing(Section.Content::title));
        return sections;
    }

    /** Adds ratio, verdict and machine to what the section files contain. */
    private String report(List<Section.Content> sections) {
        ObjectNode report = JSON.createObjectNode().put("run", run);
        report.set("machine", JSON.valueToTree(machine));
        ArrayNode all = report.putArray("sections");
        for (Section.Content section : sections) {
            ObjectNode node = all.addObject().put("title", section.title()).put("about", section.about());
            ArrayNode rows = node.putArray("rows");
            for (Row row : section.rows()) {
                ObjectNode made = JSON.valueToTree(row);
                if (row.missingOrNull() != null) {
                    made.remove("figure");
                }
                row.ratio().ifPresent(ratio -> made.put("ratio", ratio));
                row.kept().ifPresent(kept -> made.put("kept", kept));
                row.missedBy().ifPresent(by -> made.put("missedBy", by));
                rows.add(made);
            }
            node.set("plots", JSON.valueToTree(section.plots()));
        }
        return json(report);
    }

    private static String json(Object value) {
        try {
            return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(value) + "\n";
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    void write(String name, String text) {
        try {
            Path file = directory.resolve(name);
            Files.createDirectories(file.getParent());
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String slug(String title) {
        return title.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
    }
}
