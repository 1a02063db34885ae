package dev.imageferry.cli;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/** Lays out rows as lines. On a terminal, they fit its width; otherwise nothing is left out or shortened. */
final class Table {
    private static final String GAP = "  ";
    private static final int SHORTEST = 20;

    /**
     * One column.
     *
     * @param alignRight for numbers
     * @param leftOutAt the order in which columns are left out on a narrow terminal, from 1; 0 to keep the column
     */
    record Column(String heading, boolean alignRight, int leftOutAt) {
        static Column left(String heading) {
            return new Column(heading, false, 0);
        }

        static Column right(String heading) {
            return new Column(heading, true, 0);
        }

        Column leftOut(int order) {
            return new Column(heading, alignRight, order);
        }
    }

    private final List<Column> columns;
    private final List<List<String>> rows = new ArrayList<>();

    /** The last column is shortened if that is necessary. */
    Table(List<Column> columns) {
        this.columns = List.copyOf(columns);
    }

    void add(List<String> row) {
        rows.add(row.stream().map(FileReport::shown).toList());
    }

    /**
     * The headings and the rows.
     *
     * @param width the width of the terminal; empty for any width
     * @param colour applied to the first cell of each row, after it was measured
     */
    List<String> lines(OptionalInt width, UnaryOperator<String> colour) {
        List<Integer> kept = kept(width);
        OptionalInt room = width.isEmpty()
                ? OptionalInt.empty()
                : OptionalInt.of(Math.max(1, width.getAsInt() - widthBeforeLast(kept)));
        List<String> headings = columns.stream().map(Column::heading).toList();
        List<String> lines = new ArrayList<>();
        lines.add(line(headings, kept, room, heading -> heading));
        rows.forEach(row -> lines.add(line(row, kept, room, colour)));
        return lines;
    }

    private String line(List<String> row, List<Integer> kept, OptionalInt room, UnaryOperator<String> colour) {
        StringBuilder line = new StringBuilder();
        for (int column : kept.subList(0, kept.size() - 1)) {
            line.append(cell(row, column, colour)).append(GAP);
        }
        String last = row.get(kept.getLast());
        line.append(room.isEmpty() ? last : DisplayWidth.shorten(last, room.getAsInt()));
        return line.toString().stripTrailing();
    }

    private String cell(List<String> row, int column, UnaryOperator<String> colour) {
        String text = row.get(column);
        String padding = " ".repeat(widest(column) - DisplayWidth.of(text));
        String coloured = column == 0 ? colour.apply(text) : text;
        return columns.get(column).alignRight() ? padding + coloured : coloured + padding;
    }

    private List<Integer> kept(OptionalInt width) {
        List<Integer> kept =
                new ArrayList<>(IntStream.range(0, columns.size()).boxed().toList());
        while (width.isPresent()
                && widthBeforeLast(kept) + Math.min(widest(kept.getLast()), SHORTEST) > width.getAsInt()) {
            Optional<Integer> next = kept.stream()
                    .filter(column -> columns.get(column).leftOutAt() > 0)
                    .min(Comparator.comparingInt(column -> columns.get(column).leftOutAt()));
            if (next.isEmpty()) {
                break;
            }
            kept.removeIf(next.get()::equals);
        }
        return kept;
    }

    private int widthBeforeLast(List<Integer> kept) {
        return kept.stream()
                .limit(kept.size() - 1)
                .mapToInt(column -> widest(column) + GAP.length())
                .sum();
    }

    private int widest(int column) {
        return rows.stream()
                .mapToInt(row -> DisplayWidth.of(row.get(column)))
                .reduce(DisplayWidth.of(columns.get(column).heading()), Math::max);
    }
}
