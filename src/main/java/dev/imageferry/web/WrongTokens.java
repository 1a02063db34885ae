package dev.imageferry.web;

import io.netty.util.NetUtil;
import io.vertx.core.net.SocketAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Limits how fast clients can guess the token, per address and in total. When the total limit is reached, only addresses with
 * recent wrong tokens are throttled. Memory is bounded: only {@link #MAX_ADDRESSES} addresses are kept.
 */
final class WrongTokens {
    static final int BURST = 20;
    static final Duration INTERVAL = Duration.ofSeconds(2);
    static final int TOTAL_BURST = 200;
    static final Duration TOTAL_INTERVAL = Duration.ofMillis(100);
    static final int MAX_ADDRESSES = 4096;

    private static final int IPV4_BYTES = 4;
    private static final int NETWORK_BYTES = 8;

    /** {@code System.nanoTime()}, except in tests. */
    private final LongSupplier nanos;

    private final long start;
    private final Allowance total = new Allowance(TOTAL_INTERVAL, TOTAL_BURST);
    /** In access order: the least recently used address is evicted first. */
    private final Map<String, Allowance> addresses = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Allowance> eldest) {
            return size() > MAX_ADDRESSES;
        }
    };

    WrongTokens(LongSupplier nanos) {
        this.nanos = nanos;
        this.start = nanos.getAsLong();
    }

    /** How long the address must wait before its next attempt; empty if it may try now. */
    synchronized Optional<Duration> delay(String address) {
        long now = now();
        Allowance own = addresses.get(address);
        if (own == null || own.isFull(now)) {
            return Optional.empty();
        }
        long delay = Math.max(own.delay(now), total.delay(now));
        return delay <= 0
                ? Optional.empty()
                : Optional.of(Duration.ofSeconds(
                        Math.ceilDiv(delay, Duration.ofSeconds(1).toNanos())));
    }

    synchronized void count(String address) {
        long now = now();
        total.use(now);
        addresses
                .computeIfAbsent(address, unknown -> new Allowance(INTERVAL, BURST))
                .use(now);
    }

    synchronized int size() {
        return addresses.size();
    }

    /** The key of an address. All IPv6 addresses of a /64 network share one key, because one host can use all of them. */
    static String key(@Nullable SocketAddress address) {
        String host = address == null ? null : address.hostAddress();
        if (host == null) {
            return "";
        }
        byte[] bytes = NetUtil.createByteArrayFromIpAddressString(host);
        return bytes != null && bytes.length > IPV4_BYTES ? Arrays.toString(Arrays.copyOf(bytes, NETWORK_BYTES)) : host;
    }

    private long now() {
        return nanos.getAsLong() - start;
    }

    /** A burst, then one per interval (generic cell rate algorithm). */
    private static final class Allowance {
        private final long interval;
        private final long tolerance;
        private long fullAgainAt;

        Allowance(Duration interval, int burst) {
            this.interval = interval.toNanos();
            this.tolerance = this.interval * (burst - 1);
        }

        void use(long now) {
            fullAgainAt = Math.max(fullAgainAt, now) + interval;
        }

        boolean isFull(long now) {
            return fullAgainAt <= now;
        }

        /** Nanoseconds until the next use is allowed; zero or negative if it is allowed now. */
        long delay(long now) {
            return fullAgainAt - now - tolerance;
        }
    }
}
