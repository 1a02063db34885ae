package dev.imageferry.web;

import dev.imageferry.daemon.QueueView;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The throughput of the queue, its chart of the last two minutes, and its totals.
 *
 * @param cost of all images at Linode
 * @param line SVG path in a box of 120 × 40
 * @param area the same, closed at the bottom
 */
record Activity(
        String rate,
        String peak,
        String line,
        String area,
        long uploads,
        String delivered,
        String wasted,
        String cost,
        String oldest) {
    /** Instances write their progress once a second, so single seconds are uneven. */
    private static final int SMOOTH = 3;

    private static final double FLOOR = 39;
    private static final double HEIGHT = 36;

    static Activity of(QueueView.Summary summary) {
        List<Double> rates = smooth(summary.throughput());
        double peak = rates.stream().mapToDouble(rate -> rate).max().orElse(0);
        String points = IntStream.range(0, rates.size())
                .mapToObj(second -> String.format(
                        Locale.ROOT,
                        "%d %.1f",
                        second + 1,
                        peak == 0 ? FLOOR : FLOOR - rates.get(second) / peak * HEIGHT))
                .collect(Collectors.joining("L"));
        return new Activity(
                PageText.bytes(summary.bytesPerSecond()) + "/s",
                PageText.bytes(Math.round(peak)) + "/s",
                "M" + points,
                "M1 40L" + points + "L" + rates.size() + " 40Z",
                summary.uploadsInProgress(),
                PageText.bytes(summary.totals().deliveredBytes()),
                PageText.bytes(summary.totals().wastedBytes()),
                PageText.dollars(summary.monthlyCost()) + " a month",
                summary.oldestWaitingSeconds() == 0 ? "–" : PageText.seconds(summary.oldestWaitingSeconds()));
    }

    private static List<Double> smooth(List<Long> seconds) {
        return IntStream.range(0, seconds.size())
                .mapToObj(second -> seconds.subList(Math.max(0, second - SMOOTH + 1), second + 1).stream()
                                .mapToLong(bytes -> bytes)
                                .sum()
                        / (double) SMOOTH)
                .toList();
    }
}
