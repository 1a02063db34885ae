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
 * Slows down guesses of the token. Each address may be wrong a few times at once and then once every other second; while the
 * wrong tokens of all addresses together are too many, only addresses without a recent wrong one are listened to. An address
 * that was never wrong is thus never held up by others. Costs no thread, and memory for a bounded number of addresses.
 */
final class WrongTokens {
    static final int AT_ONCE = 20;
    static final Duration EACH = Duration.ofSeconds(2);
    static final int AT_ONCE_OF_ALL = 200;
    static final Duration EACH_OF_ALL = Duration.ofMillis(100);
    static final int MOST_ADDRESSES = 4096;

    private static final int IPV4_BYTES = 4;
    private static final int NETWORK_BYTES = 8;

    /** Of {@code System.nanoTime()}. */
    private final LongSupplier nanos;

    private final long start;
    private final Allowance all = new Allowance(EACH_OF_ALL, AT_ONCE_OF_ALL);
    /** The address that was wrong longest ago is forgotten first. */
    private final Map<String, Allowance> addresses = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Allowance> eldest) {
            return size() > MOST_ADDRESSES;
        }
    };

    WrongTokens(LongSupplier nanos) {
        this.nanos = nanos;
        this.start = nanos.getAsLong();
    }

    /** How long the address has to wait before its next token is looked at; empty when it need not. */
    synchronized Optional<Duration> delay(String address) {
        long now = now();
        Allowance own = addresses.get(address);
        if (own == null || own.isFull(now)) {
            return Optional.empty();
        }
        long delay = Math.max(own.delay(now), all.delay(now));
        return delay <= 0
                ? Optional.empty()
                : Optional.of(Duration.ofSeconds(
                        Math.ceilDiv(delay, Duration.ofSeconds(1).toNanos())));
    }

    /** Counts a wrong token. */
    synchronized void count(String address) {
        long now = now();
        all.use(now);
        addresses
                .computeIfAbsent(address, unknown -> new Allowance(EACH, AT_ONCE))
                .use(now);
    }

    /** How many addresses are remembered. */
    synchronized int size() {
        return addresses.size();
    }

    /** What counts as one address: of IPv6, the network that one host may choose its addresses from. */
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

    /** So many at once, and then one each interval (the generic cell rate algorithm). */
    private static final class Allowance {
        private final long interval;
        private final long tolerance;
        private long fullAgainAt;

        Allowance(Duration interval, int atOnce) {
            this.interval = interval.toNanos();
            this.tolerance = this.interval * (atOnce - 1);
        }

        void use(long now) {
            fullAgainAt = Math.max(fullAgainAt, now) + interval;
        }

        boolean isFull(long now) {
            return fullAgainAt <= now;
        }

        /** Until the next use; not positive when that is now. */
        long delay(long now) {
            return fullAgainAt - now - tolerance;
        }
    }
}
