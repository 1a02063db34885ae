package dev.imageferry.web;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Checks the bearer token of a request (RFC 6750, 2.1), if a token is set. */
final class TokenRule {
    private static final String SCHEME = "Bearer ";
    /** Visible ASCII, the only characters that the header can contain. */
    private static final Pattern SENDABLE = Pattern.compile("[!-~]+");

    private final byte @Nullable [] tokenOrNull;

    private TokenRule(byte @Nullable [] tokenOrNull) {
        this.tokenOrNull = tokenOrNull;
    }

    /**
     * Creates the rule from {@code imageferry.api.token}.
     *
     * @throws IllegalArgumentException if the token contains characters that no client can send
     */
    static TokenRule of(Optional<String> token) {
        if (token.isPresent() && !SENDABLE.matcher(token.get()).matches()) {
            throw new IllegalArgumentException(
                    "imageferry.api.token may contain only visible ASCII characters, without spaces");
        }
        return new TokenRule(
                token.map(text -> text.getBytes(StandardCharsets.US_ASCII)).orElse(null));
    }

    boolean isSet() {
        return tokenOrNull != null;
    }

    /** Whether a token is set and equals the text. Compared in constant time. */
    boolean isToken(String text) {
        return tokenOrNull != null && MessageDigest.isEqual(tokenOrNull, text.getBytes(StandardCharsets.UTF_8));
    }

    /** Whether the Authorization headers of a request contain exactly the token. True if no token is set. */
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
