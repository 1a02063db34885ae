package dev.imageferry.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;

/** A plot as SVG. Both axes start at 0. */
public final class Plot {
    private static final int WIDTH = 720;
    private static final int HEIGHT = 340;
    private static final int LEFT = 70;
    private static final int RIGHT = 20;
    private static final int TOP = 60;
    private static final int BOTTOM = 50;
    private static final int MOST_TICKS = 6;
    private static final List<String> COLOURS = List.of("#1f6fb2", "#d1652a", "#3a8f4d", "#8a4fa0", "#7a6a1c");

    private final String name;
    private final String title;
    private final String xLabel;
    private final String yLabel;
    private final List<Series> series = new ArrayList<>();
    private final List<Mark> marks = new ArrayList<>();

    /** A point of a line. */
    public record Point(double x, double y) {}

    private record Series(String label, boolean bars, List<Point> points) {}

    private record Mark(String label, double y) {}

    /** @param name of the file, without ending */
    public Plot(String name, String title, String xLabel, String yLabel) {
        this.name = name;
        this.title = title;
        this.xLabel = xLabel;
        this.yLabel = yLabel;
    }

    public Plot line(String label, List<Point> points) {
        series.add(new Series(label, false, List.copyOf(points)));
        return this;
    }

    /** Adds a line with one value for each second, at its middle. */
    public Plot perSecond(String label, List<Double> values) {
        List<Point> points = new ArrayList<>();
        for (int second = 0; second < values.size(); second++) {
            points.add(new Point(second + 0.5, values.get(second)));
        }
        return line(label, points);
    }

    /** Adds a bar right of those that are there. */
    public Plot bar(String label, double value) {
        series.add(new Series(label, true, List.of(new Point(series.size() + 0.5, value))));
        return this;
    }

    /** Adds a dashed horizontal line, such as an aim. */
    public Plot mark(String label, double y) {
        marks.add(new Mark(label, y));
        return this;
    }

    String fileName() {
        return name + ".svg";
    }

    String svg() {
        double xTop = top(points().mapToDouble(Point::x));
        double yTop = top(DoubleStream.concat(
                points().mapToDouble(Point::y), marks.stream().mapToDouble(Mark::y)));
        StringBuilder svg = new StringBuilder();
        add(
                svg,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\" font-family=\"sans-serif\" font-size=\"12\">"
                        .formatted(WIDTH, HEIGHT));
        add(svg, "<title>%s</title>".formatted(escaped(title)));
        add(svg, "<rect width=\"%d\" height=\"%d\" fill=\"#ffffff\"/>".formatted(WIDTH, HEIGHT));
        text(svg, LEFT, 22, "start", "#000000", title);
        axes(svg, xTop, yTop);
        for (int i = 0; i < series.size(); i++) {
            draw(svg, series.get(i), COLOURS.get(i % COLOURS.size()), xTop, yTop);
        }
        legend(svg);
        for (Mark mark : marks) {
            line(svg, LEFT, y(mark.y(), yTop), WIDTH - RIGHT, y(mark.y(), yTop), "#555555", "4 3");
            text(svg, WIDTH - RIGHT, y(mark.y(), yTop) - 4, "end", "#555555", mark.label());
        }
        return svg.append("</svg>\n").toString();
    }

    private Stream<Point> points() {
        return series.stream().flatMap(each -> each.points().stream());
    }

    private boolean isBars() {
        return series.stream().anyMatch(Series::bars);
    }

    private double top(DoubleStream values) {
        double most = values.peek(value -> {
                    if (!Double.isFinite(value) || value < 0) {
                        throw new IllegalArgumentException(title + ": cannot plot " + value);
                    }
                })
                .max()
                .orElse(0);
        return most == 0 ? 1 : most * 1.05;
    }

    private void axes(StringBuilder svg, double xTop, double yTop) {
        for (double tick = 0; tick <= yTop; tick += step(yTop)) {
            line(svg, LEFT, y(tick, yTop), WIDTH - RIGHT, y(tick, yTop), "#dddddd", "none");
            text(svg, LEFT - 6, y(tick, yTop) + 4, "end", "#333333", Figures.text(tick));
        }
        if (!isBars()) {
            for (double tick = 0; tick <= xTop; tick += step(xTop)) {
                text(svg, x(tick, xTop), HEIGHT - BOTTOM + 16, "middle", "#333333", Figures.text(tick));
            }
        }
        line(svg, LEFT, HEIGHT - BOTTOM, WIDTH - RIGHT, HEIGHT - BOTTOM, "#333333", "none");
        line(svg, LEFT, TOP, LEFT, HEIGHT - BOTTOM, "#333333", "none");
        text(svg, (LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 12, "middle", "#333333", xLabel);
        add(
                svg,
                "<text transform=\"translate(16 %s) rotate(-90)\" text-anchor=\"middle\" fill=\"#333333\">%s</text>"
                        .formatted(number((TOP + HEIGHT - BOTTOM) / 2.0), escaped(yLabel)));
    }

    private void draw(StringBuilder svg, Series each, String colour, double xTop, double yTop) {
        if (each.bars()) {
            Point point = each.points().getFirst();
            double slot = (double) (WIDTH - LEFT - RIGHT) / series.size();
            double left = LEFT + slot * (point.x() - 0.5) + slot * 0.2;
            add(
                    svg,
                    "<rect x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\" fill=\"%s\"/>"
                            .formatted(
                                    number(left),
                                    number(y(point.y(), yTop)),
                                    number(slot * 0.6),
                                    number(HEIGHT - BOTTOM - y(point.y(), yTop)),
                                    COLOURS.getFirst()));
            text(svg, left + slot * 0.3, HEIGHT - BOTTOM + 16, "middle", "#333333", each.label());
            text(svg, left + slot * 0.3, y(point.y(), yTop) - 4, "middle", "#333333", Figures.text(point.y()));
            return;
        }
        StringBuilder path = new StringBuilder();
        for (Point point : each.points()) {
            path.append(number(x(point.x(), xTop)))
                    .append(',')
                    .append(number(y(point.y(), yTop)))
                    .append(' ');
        }
        add(
                svg,
                "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"2\" points=\"%s\"/>"
                        .formatted(colour, path.toString().strip()));
    }

    private void legend(StringBuilder svg) {
        if (isBars()) {
            return; // each bar has its label below
        }
        double at = LEFT;
        for (int i = 0; i < series.size(); i++) {
            String label = series.get(i).label();
            line(svg, at, 40, at + 18, 40, COLOURS.get(i % COLOURS.size()), "none");
            text(svg, at + 24, 44, "start", "#333333", label);
            at += 44 + 7 * label.length();
        }
    }

    private static double x(double value, double top) {
        return LEFT + value / top * (WIDTH - LEFT - RIGHT);
    }

    private static double y(double value, double top) {
        return HEIGHT - BOTTOM - value / top * (HEIGHT - TOP - BOTTOM);
    }

    /** Returns 1, 2 or 5 times a power of ten. */
    private static double step(double top) {
        double power = Math.pow(10, Math.floor(Math.log10(top / MOST_TICKS)));
        return DoubleStream.of(1, 2, 5, 10)
                .map(factor -> factor * power)
                .filter(step -> top / step <= MOST_TICKS)
                .findFirst()
                .orElseThrow();
    }

    private static void line(
            StringBuilder svg, double x1, double y1, double x2, double y2, String colour, String dash) {
        add(
                svg,
                "<line x1=\"%s\" y1=\"%s\" x2=\"%s\" y2=\"%s\" stroke=\"%s\" stroke-dasharray=\"%s\"/>"
                        .formatted(number(x1), number(y1), number(x2), number(y2), colour, dash));
    }

    private static void text(StringBuilder svg, double x, double y, String anchor, String colour, String text) {
        add(
                svg,
                "<text x=\"%s\" y=\"%s\" text-anchor=\"%s\" fill=\"%s\">%s</text>"
                        .formatted(number(x), number(y), anchor, colour, escaped(text)));
    }

    private static void add(StringBuilder svg, String element) {
        svg.append(element).append('\n');
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.1f", value);
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
