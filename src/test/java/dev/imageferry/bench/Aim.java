package dev.imageferry.bench;

/** A limit for a figure, or for the ratio of the figure to the one beside it. A figure at the limit keeps the aim. */
public record Aim(Subject subject, Bound bound, double limit) {
    /** What is compared with the limit. */
    public enum Subject {
        FIGURE,
        RATIO
    }

    /** On which side of the limit the subject has to be. */
    public enum Bound {
        AT_MOST,
        AT_LEAST
    }

    public static Aim atMost(double limit) {
        return new Aim(Subject.FIGURE, Bound.AT_MOST, limit);
    }

    public static Aim atLeast(double limit) {
        return new Aim(Subject.FIGURE, Bound.AT_LEAST, limit);
    }

    public static Aim ratioAtMost(double limit) {
        return new Aim(Subject.RATIO, Bound.AT_MOST, limit);
    }

    public static Aim ratioAtLeast(double limit) {
        return new Aim(Subject.RATIO, Bound.AT_LEAST, limit);
    }

    /** How far the value is beyond the limit; 0 if it keeps the aim. */
    double missedBy(double value) {
        if (Double.isNaN(value)) {
            throw new IllegalArgumentException("not a number");
        }
        return Math.max(
                0,
                switch (bound) {
                    case AT_MOST -> value - limit;
                    case AT_LEAST -> limit - value;
                });
    }

    String symbol() {
        return switch (bound) {
            case AT_MOST -> "≤";
            case AT_LEAST -> "≥";
        };
    }
}
