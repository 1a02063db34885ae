package dev.imageferry.web;

import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Parses the header {@code Repr-Digest} (RFC 9530, 3), such as {@code sha-256=:BASE64:}. */
final class ReprDigest {
    private static final Pattern MEMBER = Pattern.compile("\\s*([a-z0-9*._-]+)=:([A-Za-z0-9+/=]*):\\s*");
    private static final Map<String, String> ALGORITHMS = Map.of("sha-256", "SHA-256", "sha-512", "SHA-512");

    private ReprDigest() {}

    /**
     * The digests by the JDK's name of the algorithm. Unknown algorithms are ignored, as the RFC requires.
     *
     * @throws IllegalArgumentException if the header is malformed
     */
    static Map<String, byte[]> parse(String header) {
        Map<String, byte[]> digests = new HashMap<>();
        for (String member : header.split(",", -1)) {
            Matcher matcher = MEMBER.matcher(member);
            if (!matcher.matches()) {
                throw new IllegalArgumentException(
                        "Invalid Repr-Digest header \"" + header + "\". Send sha-256=:BASE64: or sha-512=:BASE64:.");
            }
            String algorithm = ALGORITHMS.get(matcher.group(1));
            if (algorithm != null) {
                digests.put(algorithm, Base64.getDecoder().decode(matcher.group(2)));
            }
        }
        return digests;
    }
}
