package dev.imageferry.web;

import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The header {@code Repr-Digest} (RFC 9530, 3): a dictionary of byte sequences (RFC 8941), {@code sha-256=:BASE64:}. */
final class ReprDigest {
    private static final Pattern MEMBER = Pattern.compile("\\s*([a-z0-9*._-]+)=:([A-Za-z0-9+/=]*):\\s*");
    private static final Map<String, String> ALGORITHMS = Map.of("sha-256", "SHA-256", "sha-512", "SHA-512");

    private ReprDigest() {}

    /**
     * The digests by the JDK's name of their algorithm; those of other algorithms are passed over, as the RFC has it.
     *
     * @throws IllegalArgumentException for what is no such header
     */
    static Map<String, byte[]> parse(String header) {
        Map<String, byte[]> digests = new HashMap<>();
        for (String member : header.split(",", -1)) {
            Matcher matcher = MEMBER.matcher(member);
            if (!matcher.matches()) {
                throw new IllegalArgumentException("Repr-Digest has to be like sha-256=:BASE64:, not " + header);
            }
            String algorithm = ALGORITHMS.get(matcher.group(1));
            if (algorithm != null) {
                digests.put(algorithm, Base64.getDecoder().decode(matcher.group(2)));
            }
        }
        return digests;
    }
}
