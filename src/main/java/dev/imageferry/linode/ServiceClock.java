package dev.imageferry.linode;

import dev.imageferry.job.Ticker;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import okhttp3.Headers;
import org.jspecify.annotations.Nullable;

/** The time at Linode, from the {@code Date} of its latest answer, because the local clock can be wrong. */
final class ServiceClock {
    private record Noted(Instant date, long nanos) {}

    private final Ticker ticker;
    private volatile @Nullable Noted latest;

    ServiceClock(Ticker ticker) {
        this.ticker = ticker;
    }

    void note(Headers headers) {
        Instant date = headers.getInstant("Date");
        if (date != null) {
            latest = new Noted(date, ticker.nanos());
        }
    }

    /** Empty before the first answer. */
    Optional<Instant> now() {
        Noted noted = latest;
        return noted == null
                ? Optional.empty()
                : Optional.of(noted.date().plus(Duration.ofNanos(ticker.nanos() - noted.nanos())));
    }
}
