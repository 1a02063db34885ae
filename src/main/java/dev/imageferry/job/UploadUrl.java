package dev.imageferry.job;

import java.net.URI;
import java.time.Instant;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The presigned URL (S3, signature version 2) an image is sent to. Whoever has it can replace the image, so it shows
 * itself nowhere: {@link #toString()} hides it.
 *
 * @param value the whole URL
 */
public record UploadUrl(String value) {
    private static final Pattern EXPIRES = Pattern.compile("[?&]Expires=(\\d{1,12})(?:&|$)");

    /** Host and port of the bucket, e.g. {@code us-ord-1.linodeobjects.com:443}; no secret. */
    public String host() {
        return URI.create(value).getAuthority();
    }

    /** When the signature ends; empty when the URL does not say. */
    public Optional<Instant> expires() {
        Matcher matcher = EXPIRES.matcher(value);
        return matcher.find() ? Optional.of(Instant.ofEpochSecond(Long.parseLong(matcher.group(1)))) : Optional.empty();
    }

    @Override
    public String toString() {
        return "UploadUrl[hidden]";
    }
}
