package dev.imageferry.job;

import java.net.URI;
import java.time.Instant;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The presigned URL (S3, signature version 2) of an image upload. It is a secret, because anyone who knows it can replace the
 * image. {@link #toString()} hides it.
 *
 * @param value the whole URL
 */
public record UploadUrl(String value) {
    private static final Pattern EXPIRES = Pattern.compile("[?&]Expires=(\\d{1,12})(?:&|$)");

    /** Host and port of the bucket, e.g. {@code us-ord-1.linodeobjects.com:443}. Not a secret. */
    public String host() {
        return URI.create(value).getAuthority();
    }

    /** When the signature expires. Empty if the URL does not contain it. */
    public Optional<Instant> expires() {
        Matcher matcher = EXPIRES.matcher(value);
        return matcher.find() ? Optional.of(Instant.ofEpochSecond(Long.parseLong(matcher.group(1)))) : Optional.empty();
    }

    @Override
    public String toString() {
        return "UploadUrl[hidden]";
    }
}
