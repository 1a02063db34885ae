package dev.imageferry.cli;

import dev.imageferry.job.DiskContents;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Formats reports as a table with one line per file, followed by the errors and warnings. */
final class ReportTable {
    private static final List<Table.Column> COLUMNS = List.of(
            Table.Column.left("RESULT"),
            Table.Column.right("COMPRESSED").leftOut(2),
            Table.Column.right("UNCOMPRESSED").leftOut(1),
            Table.Column.right("A MONTH").leftOut(3),
            Table.Column.left("CONTENTS"),
            Table.Column.left("FILE"));

    private ReportTable() {}

    /**
     * The lines.
     *
     * @param width the width of the terminal; empty for any width
     */
    static List<String> lines(List<FileReport> reports, OptionalInt width) {
        Table table = new Table(COLUMNS);
        reports.forEach(report -> table.add(row(report)));
        List<String> lines = new ArrayList<>(table.lines(width, result -> result));
        List<String> remarks =
                reports.stream().flatMap(report -> remarks(report).stream()).toList();
        if (!remarks.isEmpty()) {
            lines.add("");
            lines.addAll(remarks);
        }
        return lines;
    }

    private static List<String> row(FileReport report) {
        return List.of(
                report.error() == null ? "ok" : report.error().code(),
                count(report.compressedBytes()),
                count(report.uncompressedBytes()),
                report.monthlyCost() == null ? "-" : Sizes.dollars(report.monthlyCost()),
                report.contents() == null ? "-" : summary(report.contents()),
                report.file());
    }

    private static List<String> remarks(FileReport report) {
        List<String> remarks = new ArrayList<>();
        if (report.error() != null) {
            remarks.add(report.error().message());
        }
        if (report.advice() != null) {
            remarks.add(FileReport.shown(report.file()) + ": unsupported name: " + report.advice());
        }
        if (report.contents() != null) {
            report.contents().warnings().stream()
                    .map(warning -> FileReport.shown(report.file()) + ": warning: " + warning)
                    .forEach(remarks::add);
        }
        return remarks;
    }

    /** {@code ext4 "root"}, {@code GPT: vfat, ext4}, or {@code unknown}. */
    private static String summary(DiskContents contents) {
        if (contents.filesystem() != null) {
            return contents.volumeLabel() == null
                    ? contents.filesystem()
                    : "%s \"%s\"".formatted(contents.filesystem(), contents.volumeLabel());
        }
        if (contents.partitions().isEmpty()) {
            return contents.partitionTable().equals("none") ? "unknown" : contents.partitionTable();
        }
        return contents.partitions().stream()
                .map(partition -> Objects.requireNonNullElse(partition.filesystem(), "unknown"))
                .collect(Collectors.joining(", ", contents.partitionTable() + ": ", ""));
    }

    private static String count(@Nullable Long bytes) {
        return bytes == null ? "-" : String.format(Locale.ROOT, "%,d", bytes);
    }
}
