package dev.imageferry.linode;

import java.math.BigInteger;
import java.net.InetAddress;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An entry of {@code no_proxy}, which has no standard. This is what curl and Go understand.
 *
 * @param host a name, which includes its subdomains, an address, a network such as {@code 10.0.0.0/8}, or {@code *} for all hosts
 * @param portOrNull null for every port
 */
record DirectHost(String host, @Nullable Integer portOrNull) {
    /** An IPv6 address with a port is in brackets. */
    private static final Pattern WITH_PORT = Pattern.compile("(\\[[^]]+]|[^:]+):(\\d{1,5})");

    static DirectHost of(String entry) {
        String text = entry.strip().toLowerCase(Locale.ROOT);
        Matcher withPort = WITH_PORT.matcher(text);
        return withPort.matches()
                ? new DirectHost(name(withPort.group(1)), Integer.valueOf(withPort.group(2)))
                : new DirectHost(name(text), null);
    }

    /** Without the brackets of an IPv6 address, and without the dot or {@code *.} before a domain. */
    private static String name(String text) {
        return text.replaceAll("[\\[\\]]", "").replaceFirst("^\\*?\\.", "");
    }

    /**
     * Whether this entry stands for a host.
     *
     * @param wanted a name or an address, without brackets
     */
    boolean matches(String wanted, int port) {
        String name = wanted.toLowerCase(Locale.ROOT);
        return (portOrNull == null || portOrNull == port)
                && (host.equals("*")
                        || name.equals(host)
                        || (!host.isEmpty() && literal(name).isEmpty() && name.endsWith("." + host))
                        || literal(name).filter(this::isInNetwork).isPresent());
    }

    private boolean isInNetwork(InetAddress address) {
        String[] parts = host.split("/", 2);
        Optional<InetAddress> network = literal(parts[0]);
        if (network.isEmpty()) {
            return false;
        }
        byte[] first = network.get().getAddress();
        byte[] bytes = address.getAddress();
        int bits = first.length * Byte.SIZE;
        int prefix = parts.length == 1 ? bits : parts[1].matches("\\d{1,3}") ? Integer.parseInt(parts[1]) : -1;
        return first.length == bytes.length
                && prefix >= 0
                && prefix <= bits
                && new BigInteger(1, first)
                                .xor(new BigInteger(1, bytes))
                                .shiftRight(bits - prefix)
                                .signum()
                        == 0;
    }

    private static Optional<InetAddress> literal(String host) {
        try {
            return Optional.of(InetAddress.ofLiteral(host));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
