package dev.imageferry.web;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Prevents cross-site request forgery. Browsers name the origin of a request in {@code Sec-Fetch-Site} (Fetch Metadata) and
 * {@code Origin} (RFC 6454). Other clients send neither and are accepted.
 */
final class SameSiteRule {
    private static final Set<String> SAFE_METHODS = Set.of("GET", "HEAD", "OPTIONS");
    /** {@code none} means that the user typed the URL. {@code same-site} is refused, because it includes other ports of this host. */
    private static final Set<String> OWN_SITES = Set.of("same-origin", "none");

    private SameSiteRule() {}

    /**
     * Checks a request.
     *
     * @param host the accepted Host header, with its port
     * @return why the request is refused; empty if it is accepted
     */
    static Optional<String> refusal(String method, List<String> fetchSites, List<String> origins, String host) {
        if (SAFE_METHODS.contains(method)) {
            return Optional.empty();
        }
        if (!OWN_SITES.containsAll(fetchSites)) {
            return Optional.of("The request comes from another site (Sec-Fetch-Site).");
        }
        if (!origins.stream().allMatch(origin -> isOf(host, origin))) {
            return Optional.of("The request comes from another site than " + host + " (Origin).");
        }
        return Optional.empty();
    }

    private static boolean isOf(String host, String origin) {
        // any scheme, because a proxy may terminate TLS
        String lower = origin.toLowerCase(Locale.ROOT);
        return lower.equals("http://" + host) || lower.equals("https://" + host);
    }
}
