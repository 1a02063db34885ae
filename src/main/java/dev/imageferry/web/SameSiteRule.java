package dev.imageferry.web;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Keeps pages of other sites from changing anything with the reader's browser (cross-site request forgery). Browsers
 * say by {@code Sec-Fetch-Site} (Fetch Metadata) and {@code Origin} (RFC 6454) where a request comes from; other
 * clients send neither.
 */
final class SameSiteRule {
    private static final Set<String> SAFE_METHODS = Set.of("GET", "HEAD", "OPTIONS");
    /** {@code none}: typed by the user. Same-site is not enough: another port of this host is another program. */
    private static final Set<String> OWN_SITES = Set.of("same-origin", "none");

    private SameSiteRule() {}

    /**
     * Judges a request.
     *
     * @param host the accepted Host header, with its port
     * @return why the request is refused; empty when it is not
     */
    static Optional<String> refusal(String method, List<String> fetchSites, List<String> origins, String host) {
        if (SAFE_METHODS.contains(method)) {
            return Optional.empty();
        }
        if (!OWN_SITES.containsAll(fetchSites)) {
            return Optional.of("Sec-Fetch-Site says that the request comes from another site");
        }
        if (!origins.stream().allMatch(origin -> isOf(host, origin))) {
            return Optional.of("Origin says that the request comes from another site than " + host);
        }
        return Optional.empty();
    }

    private static boolean isOf(String host, String origin) {
        // the scheme is not ours to know: TLS may end in front of us
        String lower = origin.toLowerCase(Locale.ROOT);
        return lower.equals("http://" + host) || lower.equals("https://" + host);
    }
}
