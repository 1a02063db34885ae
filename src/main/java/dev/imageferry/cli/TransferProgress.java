package dev.imageferry.cli;

import dev.imageferry.job.Ticker;
import java.time.Duration;
import java.util.function.LongConsumer;

/** The bar that shows how much of a file has been read or sent. */
final class TransferProgress {
    private static final long REDRAW_NANOS = Duration.ofMillis(100).toNanos();
    private static final int CELLS = 20;

    private final ProgressLine line;
    private final Ticker ticker;

    TransferProgress(ProgressLine line, Ticker ticker) {
        this.line = line;
        this.ticker = ticker;
    }

    /**
     * Starts a bar.
     *
     * @param activity such as {@code sending}
     * @return receives the number of bytes so far
     */
    LongConsumer of(String activity, String name, long bytes) {
        return new LongConsumer() {
            private final long start = ticker.nanos();
            private long drawn = start - REDRAW_NANOS;

            @Override
            public void accept(long done) {
                long now = ticker.nanos();
                if (now - drawn >= REDRAW_NANOS || done == bytes) {
                    drawn = now;
                    line.show(text(activity, name, done, bytes, Duration.ofNanos(now - start)));
                }
            }
        };
    }

    static String text(String activity, String name, long done, long bytes, Duration elapsed) {
        int percent = bytes == 0 ? 100 : (int) (100 * done / bytes);
        int filled = percent * CELLS / 100;
        String bar = "[" + "#".repeat(filled) + ".".repeat(CELLS - filled) + "]";
        String text = "%s %s %d %% of %s".formatted(activity, bar, percent, Sizes.bytes(bytes));
        double seconds = elapsed.toMillis() / 1000.0;
        if (seconds >= 1 && done > 0) {
            double rate = done / seconds;
            text += ", %s, %s left"
                    .formatted(Sizes.perSecond(rate), Sizes.clock(Duration.ofSeconds((long) ((bytes - done) / rate))));
        }
        return text + "  " + name;
    }

    void clear() {
        line.clear();
    }
}
