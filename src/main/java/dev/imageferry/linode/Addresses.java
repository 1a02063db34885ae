package dev.imageferry.linode;

import java.net.URI;
import java.util.Optional;
import java.util.regex.Pattern;
import okhttp3.HttpUrl;

/**
 * Which addresses may be talked to: {@code https} everywhere, {@code http} only where nobody can listen, on this
 * machine.
 */
final class Addresses {
    private static final Pattern LOOPBACK = Pattern.compile("localhost|127(\\.\\d{1,3}){3}|::1");

    private Addresses() {}

    /**
     * The API's address with its version.
     *
     * @throws IllegalArgumentException in one line that names the setting
     */
    static HttpUrl api(URI setting) {
        HttpUrl url = HttpUrl.get(setting);
        if (url == null
                || url.querySize() > 0
                || url.fragment() != null
                || !url.username().isEmpty()) {
            throw new IllegalArgumentException(
                    "imageferry.linode.url is no plain http(s) address, give one like https://api.linode.com");
        }
        if (!url.isHttps() && !isLoopback(url)) {
            throw new IllegalArgumentException("imageferry.linode.url is http to " + url.host()
                    + ": the token would be readable on the way, use https");
        }
        HttpUrl.Builder builder = url.newBuilder();
        if (url.pathSegments().getLast().isEmpty()) {
            builder.removePathSegment(url.pathSize() - 1);
        }
        return builder.addPathSegment("v4").build();
    }

    /**
     * Where a file may be sent.
     *
     * @return empty when the address is none, or is plain {@code http} to another machine
     */
    static Optional<HttpUrl> bucket(String uploadTo) {
        return Optional.ofNullable(HttpUrl.parse(uploadTo)).filter(url -> url.isHttps() || isLoopback(url));
    }

    private static boolean isLoopback(HttpUrl url) {
        return LOOPBACK.matcher(url.host()).matches();
    }
}
