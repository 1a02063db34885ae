package dev.imageferry.web;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Collection;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Creates and verifies session cookies. A cookie contains its expiry time and an HMAC (RFC 2104) keyed with the API token, so
 * sessions need no storage, are valid on every instance and across restarts, and end when the token changes.
 */
final class SessionRule {
    static final Duration LIFE = Duration.ofHours(12);

    private static final String ALGORITHM = "HmacSHA256";
    /** Expiry time in seconds since 1970, and the signature in base64url. */
    private static final Pattern VALUE = Pattern.compile("([0-9]{1,12})\\.([A-Za-z0-9_-]{43})");

    private final @Nullable SecretKeySpec keyOrNull;
    private final InstantSource clock;

    private SessionRule(@Nullable SecretKeySpec keyOrNull, InstantSource clock) {
        this.keyOrNull = keyOrNull;
        this.clock = clock;
    }

    static SessionRule of(Optional<String> token, InstantSource clock) {
        return new SessionRule(
                token.map(text -> new SecretKeySpec(text.getBytes(StandardCharsets.US_ASCII), ALGORITHM))
                        .orElse(null),
                clock);
    }

    /**
     * Creates the cookie value of a new session. The caller must have checked the token.
     *
     * @throws IllegalStateException if no token is set
     */
    String start() {
        if (keyOrNull == null) {
            throw new IllegalStateException("sessions need imageferry.api.token");
        }
        long expiry = clock.instant().plus(LIFE).getEpochSecond();
        return expiry + "." + signature(expiry, keyOrNull);
    }

    /** Whether one of the session cookies of a request is valid. Signatures are compared in constant time. */
    boolean admits(Collection<String> values) {
        if (keyOrNull == null) {
            return false;
        }
        boolean admitted = false;
        for (String value : values) {
            Matcher matcher = VALUE.matcher(value);
            if (matcher.matches()) {
                long expiry = Long.parseLong(matcher.group(1));
                boolean authentic = MessageDigest.isEqual(
                        signature(expiry, keyOrNull).getBytes(StandardCharsets.US_ASCII),
                        matcher.group(2).getBytes(StandardCharsets.US_ASCII));
                admitted |= authentic && clock.instant().isBefore(Instant.ofEpochSecond(expiry));
            }
        }
        return admitted;
    }

    private static String signature(long expiry, SecretKeySpec key) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            return Base64.getUrlEncoder()
                    .withoutPadding()
                    .encodeToString(mac.doFinal(("imageferry-session " + expiry).getBytes(StandardCharsets.US_ASCII)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(ALGORITHM + " is part of every JDK", e);
        }
    }
}
