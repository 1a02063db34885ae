package dev.imageferry.web;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Which {@code Host} headers are answered. A page of another site can point its own name at this machine (DNS
 * rebinding); its requests then look like same-origin ones, but for this header.
 */
final class HostRule {
    static final String SETTING = "imageferry.api.hosts";

    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");
    /** RFC 9110, 7.2: a host and, if need be, a port; neither user info nor a path. */
    private static final Pattern HOST =
            Pattern.compile("(\\[[0-9a-f:.]{2,45}]|[a-z0-9][a-z0-9._-]{0,254})(?::[0-9]{1,5})?");

    private static final Pattern NAME = Pattern.compile("\\[[0-9a-f:.]{2,45}]|[a-z0-9][a-z0-9._-]{0,254}");

    private final Set<String> names;

    private HostRule(Set<String> names) {
        this.names = names;
    }

    /** What the rule says of a request. */
    sealed interface Verdict {
        /**
         * The request is for us.
         *
         * @param host as sent, with its port, in lower case
         */
        record Accepted(String host) implements Verdict {}

        /** Not exactly one well-formed host. */
        record Malformed(String reason) implements Verdict {}

        /** Somebody else's name. */
        record NotListed(String name) implements Verdict {}
    }

    /**
     * The rule for the configured names.
     *
     * @throws IllegalArgumentException when one of them is no host name
     */
    static HostRule of(Optional<List<String>> configured) {
        return new HostRule(configured
                .map(list -> list.stream().map(HostRule::name).collect(Collectors.toUnmodifiableSet()))
                .orElse(LOOPBACK));
    }

    private static String name(String configured) {
        String lower = configured.strip().toLowerCase(Locale.ROOT);
        // an IPv6 address may be written without the brackets that it has in a header
        String name = lower.matches("[0-9a-f.]*:[0-9a-f.]*:[0-9a-f:.]*") ? "[" + lower + "]" : lower;
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    SETTING + ": \"" + configured
                            + "\" is no host name; names and IP addresses without port are wanted, e.g. ferry.example.org,10.0.0.7");
        }
        return name;
    }

    /** Judges the values of all Host headers of one request. */
    Verdict judge(List<String> hosts) {
        if (hosts.size() != 1) {
            return new Verdict.Malformed(hosts.isEmpty() ? "no Host header" : hosts.size() + " Host headers");
        }
        String host = hosts.getFirst().toLowerCase(Locale.ROOT);
        Matcher matcher = HOST.matcher(host);
        if (!matcher.matches()) {
            return new Verdict.Malformed("the Host header is not a name or an address with or without a port");
        }
        String name = matcher.group(1);
        return names.contains(name) ? new Verdict.Accepted(host) : new Verdict.NotListed(name);
    }
}
