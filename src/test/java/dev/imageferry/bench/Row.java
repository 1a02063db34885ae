package dev.imageferry.bench;

import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One line of the report.
 *
 * @param measure what was measured
 * @param figure of Imageferry; NaN if it could not be measured
 * @param unit of the figure and of the one beside it; empty for a pure number
 * @param besideOrNull what was measured beside it in the same run
 * @param aimOrNull the limit that the figure or the ratio has to keep
 * @param missingOrNull why there is no figure
 */
public record Row(
        String measure,
        double figure,
        String unit,
        @Nullable Beside besideOrNull,
        @Nullable Aim aimOrNull,
        @Nullable String missingOrNull) {

    /** Something else, measured in the same run and in the same unit. */
    public record Beside(String what, double figure) {
        public Beside {
            requireNumber(what, figure);
        }
    }

    public Row {
        if (missingOrNull == null) {
            requireNumber(measure, figure);
        }
        if (aimOrNull != null && aimOrNull.subject() == Aim.Subject.RATIO && besideOrNull == null) {
            throw new IllegalArgumentException(measure + ": the aim is a ratio, but nothing is beside the figure");
        }
    }

    private static void requireNumber(String what, double figure) {
        if (!Double.isFinite(figure)) {
            throw new IllegalArgumentException(what + ": " + figure);
        }
    }

    public static Row of(String measure, double figure, String unit) {
        return new Row(measure, figure, unit, null, null, null);
    }

    /** A measurement that could not be made. */
    public static Row missing(String measure, String reason) {
        return new Row(measure, Double.NaN, "", null, null, reason);
    }

    public Row beside(String what, double besideFigure) {
        return new Row(measure, figure, unit, new Beside(what, besideFigure), aimOrNull, missingOrNull);
    }

    /** An aim for a ratio needs the figure beside it first. */
    public Row aim(Aim aim) {
        return new Row(measure, figure, unit, besideOrNull, aim, missingOrNull);
    }

    /** The figure divided by the one beside it. */
    Optional<Double> ratio() {
        return besideOrNull == null || missingOrNull != null
                ? Optional.empty()
                : Optional.of(figure / besideOrNull.figure());
    }

    /** Whether the aim is kept; empty without an aim or a figure. */
    Optional<Boolean> kept() {
        return missedBy().map(by -> by == 0);
    }

    /** How far the aim is missed, in the unit of its subject; empty without an aim or a figure. */
    Optional<Double> missedBy() {
        return aimOrNull == null || missingOrNull != null
                ? Optional.empty()
                : Optional.of(aimOrNull.missedBy(subject(aimOrNull)));
    }

    private double subject(Aim aim) {
        return switch (aim.subject()) {
            case FIGURE -> figure;
            case RATIO -> ratio().orElseThrow();
        };
    }

    String figureText() {
        return missingOrNull == null ? Figures.text(figure, unit) : "not measured: " + missingOrNull;
    }

    String besideText() {
        return besideOrNull == null ? "" : besideOrNull.what() + ": " + Figures.text(besideOrNull.figure(), unit);
    }

    String ratioText() {
        return ratio().map(Figures::text).orElse("");
    }

    String aimText() {
        return aimOrNull == null ? "" : aimOrNull.symbol() + " " + limitText(aimOrNull);
    }

    private String limitText(Aim aim) {
        return switch (aim.subject()) {
            case FIGURE -> Figures.text(aim.limit(), unit);
            case RATIO -> Figures.text(aim.limit()) + " ×";
        };
    }

    /** {@code kept}, or by how much the aim is missed, with both numbers; empty without an aim or a figure. */
    String verdict() {
        double by = missedBy().orElse(0.0);
        if (by == 0) {
            return kept().isPresent() ? "kept" : "";
        }
        Aim aim = Objects.requireNonNull(aimOrNull);
        String unitOfSubject = aim.subject() == Aim.Subject.FIGURE ? unit : "";
        return "**aim missed by %s** (%s instead of %s)"
                .formatted(Figures.text(by, unitOfSubject), Figures.text(subject(aim), unitOfSubject), aimText());
    }
}
