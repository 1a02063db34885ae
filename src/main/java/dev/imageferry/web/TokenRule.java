package dev.imageferry.web;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Whether a request carries the token (RFC 6750, 2.1), where one is set. */
final class TokenRule {
    private static final String SCHEME = "Bearer ";
    /** What can stand in the header: visible ASCII. */
    private static final Pattern SENDABLE = Pattern.compile("[!-~]+");

    private final byte @Nullable [] tokenOrNull;

    private TokenRule(byte @Nullable [] tokenOrNull) {
        this.tokenOrNull = tokenOrNull;
    }

    /**
     * The rule for the configured token.
     *
     * @throws IllegalArgumentException when no client could send it
     */
    static TokenRule of(Optional<String> token) {
        if (token.isPresent() && !SENDABLE.matcher(token.get()).matches()) {
            throw new IllegalArgumentException(
                    "imageferry.api.token: letters, digits and signs of ASCII without blanks are wanted");
        }
        return new TokenRule(
                token.map(text -> text.getBytes(StandardCharsets.US_ASCII)).orElse(null));
    }

    boolean isSet() {
        return tokenOrNull != null;
    }

    /** Whether the text is the token, where one is set; takes as long for a near miss as for a far one. */
    boolean isToken(String text) {
        return tokenOrNull != null && MessageDigest.isEqual(tokenOrNull, text.getBytes(StandardCharsets.UTF_8));
    }

    /** Judges the values of all Authorization headers of one request; takes as long for a near miss as for a far one. */
    boolean admits(List<String> authorizations) {
        if (tokenOrNull == null) {
            return true;
        }
        if (authorizations.size() != 1) {
            return false;
        }
        String authorization = authorizations.getFirst();
        return authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())
                && isToken(authorization.substring(SCHEME.length()).strip());
    }
}
