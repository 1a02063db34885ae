package dev.imageferry.web;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Decides which {@code Host} headers are accepted. Protects against DNS rebinding, where another site points its name at this
 * host so that its requests look same-origin.
 */
final class HostRule {
    static final String SETTING = "imageferry.api.hosts";

    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");
    /** A host and an optional port, without user info or path (RFC 9110, 7.2). */
    private static final Pattern HOST =
            Pattern.compile("(\\[[0-9a-f:.]{2,45}]|[a-z0-9][a-z0-9._-]{0,254})(?::[0-9]{1,5})?");

    private static final Pattern NAME = Pattern.compile("\\[[0-9a-f:.]{2,45}]|[a-z0-9][a-z0-9._-]{0,254}");

    private final Set<String> names;

    private HostRule(Set<String> names) {
        this.names = names;
    }

    /** The decision about a request. */
    sealed interface Verdict {
        /**
         * The host is accepted.
         *
         * @param host the header in lower case, with the port
         */
        record Accepted(String host) implements Verdict {}

        /** There is not exactly one valid host. */
        record Malformed(String reason) implements Verdict {}

        /** The host is not in {@code imageferry.api.hosts}. */
        record NotListed(String name) implements Verdict {}
    }

    /**
     * Creates the rule from {@code imageferry.api.hosts}.
     *
     * @throws IllegalArgumentException if an entry is not a host name or address
     */
    static HostRule of(Optional<List<String>> configured) {
        return new HostRule(configured
                .map(list -> list.stream().map(HostRule::name).collect(Collectors.toUnmodifiableSet()))
                .orElse(LOOPBACK));
    }

    private static String name(String configured) {
        String lower = configured.strip().toLowerCase(Locale.ROOT);
        // the setting may contain an IPv6 address without brackets
        String name = lower.matches("[0-9a-f.]*:[0-9a-f.]*:[0-9a-f:.]*") ? "[" + lower + "]" : lower;
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException(SETTING + ": \"" + configured
                    + "\" is not a host name. List names and IP addresses without a port, such as"
                    + " ferry.example.org,10.0.0.7");
        }
        return name;
    }

    /** Decides from the values of all Host headers of a request. */
    Verdict judge(List<String> hosts) {
        if (hosts.size() != 1) {
            return new Verdict.Malformed(
                    hosts.isEmpty() ? "The Host header is missing." : "There are " + hosts.size() + " Host headers.");
        }
        String host = hosts.getFirst().toLowerCase(Locale.ROOT);
        Matcher matcher = HOST.matcher(host);
        if (!matcher.matches()) {
            return new Verdict.Malformed("The Host header is not a valid name or address.");
        }
        String name = matcher.group(1);
        return names.contains(name) ? new Verdict.Accepted(host) : new Verdict.NotListed(name);
    }
}
