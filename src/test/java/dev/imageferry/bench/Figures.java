package dev.imageferry.bench;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;
import java.util.Locale;

/** Figures as text, and statistics over them. */
public final class Figures {
    private static final int DIGITS = 3;

    private Figures() {}

    /** Returns three significant digits, or all before the point, without zeroes at the end; never an exponent. */
    static String text(double value) {
        BigDecimal exact = new BigDecimal(value);
        BigDecimal rounded = exact.round(new MathContext(Math.max(DIGITS, exact.precision() - exact.scale())))
                .stripTrailingZeros();
        return String.format(Locale.ROOT, "%,." + Math.max(0, rounded.scale()) + "f", rounded);
    }

    static String text(double value, String unit) {
        return unit.isEmpty() ? text(value) : text(value) + " " + unit;
    }

    /** The smallest value that at least this share of the values does not exceed. */
    public static double percentile(List<Double> values, double share) {
        List<Double> sorted = values.stream().sorted().toList();
        return sorted.get(Math.clamp((int) Math.ceil(sorted.size() * share) - 1, 0, sorted.size() - 1));
    }

    public static double median(List<Double> values) {
        return percentile(values, 0.5);
    }
}
