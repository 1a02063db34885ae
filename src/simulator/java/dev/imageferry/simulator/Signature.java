package dev.imageferry.simulator;

import io.vertx.core.MultiMap;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * S3 signature version 2 in the query: HMAC-SHA1 over method, {@code Content-MD5}, {@code Content-Type},
 * {@code Expires}, the {@code x-amz-*} headers and the resource.
 *
 * @see <a href="https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html">AWS, Signing and authenticating
 *     REST requests</a>
 */
final class Signature {
    /** What the service presigns, and so the only content type that a PUT may have. */
    static final String CONTENT_TYPE = "application/octet-stream";

    /** Query parameters that name a part of a resource and are signed with it. */
    private static final Set<String> SUBRESOURCES = Set.of(
            "acl",
            "cors",
            "delete",
            "lifecycle",
            "location",
            "logging",
            "notification",
            "partNumber",
            "policy",
            "requestPayment",
            "tagging",
            "torrent",
            "uploadId",
            "uploads",
            "versionId",
            "versioning",
            "versions",
            "website");

    private final String accessKey;
    private final SecretKeySpec secretKey;

    /** What a presigned request's query says. */
    sealed interface Verdict {
        record Good() implements Verdict {}

        record Expired() implements Verdict {}

        record Different() implements Verdict {}
    }

    Signature(String accessKey, byte[] secret) {
        this.accessKey = accessKey;
        this.secretKey = new SecretKeySpec(secret, "HmacSHA1");
    }

    /** The query with which the object can be PUT until the moment. */
    String presignPut(String resource, Instant expires) {
        long seconds = expires.getEpochSecond();
        String text = "PUT\n\n" + CONTENT_TYPE + "\n" + seconds + "\n" + resource;
        return "Signature=" + URLEncoder.encode(sign(text), StandardCharsets.UTF_8) + "&Expires=" + seconds
                + "&AWSAccessKeyId=" + accessKey;
    }

    /** Looks at expiry first and the signature then, as radosgw does. */
    Verdict verify(String method, String path, String rawQuery, MultiMap headers, Instant now) {
        Map<String, String> query = parse(rawQuery);
        String expires = query.getOrDefault("Expires", "");
        if (!expires.matches("\\d{1,12}") || !accessKey.equals(query.get("AWSAccessKeyId"))) {
            return new Verdict.Different();
        }
        if (now.getEpochSecond() >= Long.parseLong(expires)) {
            return new Verdict.Expired();
        }
        String text = method + "\n" + headerOrNothing(headers, "Content-MD5") + "\n"
                + headerOrNothing(headers, "Content-Type") + "\n" + expires + "\n" + amazonHeaders(headers) + path
                + subresources(query);
        byte[] expected = sign(text).getBytes(StandardCharsets.UTF_8);
        byte[] given = query.getOrDefault("Signature", "").getBytes(StandardCharsets.UTF_8);
        return MessageDigest.isEqual(expected, given) ? new Verdict.Good() : new Verdict.Different();
    }

    private static String headerOrNothing(MultiMap headers, String name) {
        return headers.contains(name) ? headers.get(name).strip() : "";
    }

    private static String amazonHeaders(MultiMap headers) {
        Map<String, String> lines = new TreeMap<>();
        headers.forEach((name, value) -> {
            String lower = name.toLowerCase(Locale.ROOT);
            if (lower.startsWith("x-amz-")) {
                lines.merge(lower, value.strip(), (one, other) -> one + "," + other);
            }
        });
        return lines.entrySet().stream()
                .map(line -> line.getKey() + ":" + line.getValue() + "\n")
                .collect(Collectors.joining());
    }

    private static String subresources(Map<String, String> query) {
        String named = new TreeMap<>(query)
                .entrySet().stream()
                        .filter(each -> SUBRESOURCES.contains(each.getKey()))
                        .map(each -> each.getValue().isEmpty() ? each.getKey() : each.getKey() + "=" + each.getValue())
                        .collect(Collectors.joining("&"));
        return named.isEmpty() ? "" : "?" + named;
    }

    private static Map<String, String> parse(String rawQuery) {
        Map<String, String> query = new LinkedHashMap<>();
        for (String pair : rawQuery.split("&", -1)) {
            int equals = pair.indexOf('=');
            String name = equals < 0 ? pair : pair.substring(0, equals);
            query.put(decode(name), equals < 0 ? "" : decode(pair.substring(equals + 1)));
        }
        return query;
    }

    private static String decode(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException badEscape) {
            return text; // no signature fits it
        }
    }

    private String sign(String text) {
        try {
            Mac mac = Mac.getInstance("HmacSHA1");
            mac.init(secretKey);
            return Base64.getEncoder().encodeToString(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException missing) {
            throw new IllegalStateException("every JDK has HmacSHA1", missing);
        }
    }
}
