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
 * The page's log-in. What the browser keeps says when it ends, and proves by a HMAC with the token that a daemon with this
 * token made it (RFC 2104): nothing is stored, every instance takes it, also after a restart, and another token ends it.
 */
final class SessionRule {
    static final Duration LIFE = Duration.ofHours(12);

    private static final String ALGORITHM = "HmacSHA256";
    /** The end in seconds since 1970, and the proof in base64url. */
    private static final Pattern VALUE = Pattern.compile("([0-9]{1,12})\\.([A-Za-z0-9_-]{43})");

    private final @Nullable SecretKeySpec keyOrNull;
    private final InstantSource clock;

    private SessionRule(@Nullable SecretKeySpec keyOrNull, InstantSource clock) {
        this.keyOrNull = keyOrNull;
        this.clock = clock;
    }

    /** The rule for the configured token. */
    static SessionRule of(Optional<String> token, InstantSource clock) {
        return new SessionRule(
                token.map(text -> new SecretKeySpec(text.getBytes(StandardCharsets.US_ASCII), ALGORITHM))
                        .orElse(null),
                clock);
    }

    /**
     * Begins a session; only for one who has shown the token.
     *
     * @throws IllegalStateException where no token is set
     */
    String begin() {
        if (keyOrNull == null) {
            throw new IllegalStateException("without a token there is no session");
        }
        long end = clock.instant().plus(LIFE).getEpochSecond();
        return end + "." + proof(end, keyOrNull);
    }

    /** Judges the values of all session cookies of one request; takes as long for a near miss as for a far one. */
    boolean admits(Collection<String> values) {
        if (keyOrNull == null) {
            return false;
        }
        boolean admitted = false;
        for (String value : values) {
            Matcher matcher = VALUE.matcher(value);
            if (matcher.matches()) {
                long end = Long.parseLong(matcher.group(1));
                boolean proven = MessageDigest.isEqual(
                        proof(end, keyOrNull).getBytes(StandardCharsets.US_ASCII),
                        matcher.group(2).getBytes(StandardCharsets.US_ASCII));
                admitted |= proven && clock.instant().isBefore(Instant.ofEpochSecond(end));
            }
        }
        return admitted;
    }

    private static String proof(long end, SecretKeySpec key) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            return Base64.getUrlEncoder()
                    .withoutPadding()
                    .encodeToString(mac.doFinal(("imageferry-session " + end).getBytes(StandardCharsets.US_ASCII)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has " + ALGORITHM, e);
        }
    }
}
