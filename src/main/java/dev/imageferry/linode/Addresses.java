package dev.imageferry.linode;

import java.net.URI;
import java.util.Optional;
import java.util.regex.Pattern;
import okhttp3.HttpUrl;

/**
 * Validates addresses: {@code https} for any host, {@code http} only for loopback.
 */
final class Addresses {
    private static final Pattern LOOPBACK = Pattern.compile("localhost|127(\\.\\d{1,3}){3}|::1");

    private Addresses() {}

    /**
     * The address of the API with its version.
     *
     * @throws IllegalArgumentException with one line that names the setting
     */
    static HttpUrl api(URI setting) {
        HttpUrl url = HttpUrl.get(setting);
        if (url == null
                || url.querySize() > 0
                || url.fragment() != null
                || !url.username().isEmpty()) {
            throw new IllegalArgumentException(
                    "imageferry.linode.url is not a valid https URL: use one such as https://api.linode.com");
        }
        if (!url.isHttps() && !isLoopback(url)) {
            throw new IllegalArgumentException(
                    "imageferry.linode.url uses http to " + url.host() + ", which would expose the token: use https");
        }
        HttpUrl.Builder builder = url.newBuilder();
        if (url.pathSegments().getLast().isEmpty()) {
            builder.removePathSegment(url.pathSize() - 1);
        }
        return builder.addPathSegment("v4").build();
    }

    /**
     * The address for an upload.
     *
     * @return empty if the address is invalid or is {@code http} to another host
     */
    static Optional<HttpUrl> bucket(String uploadTo) {
        return Optional.ofNullable(HttpUrl.parse(uploadTo)).filter(url -> url.isHttps() || isLoopback(url));
    }

    private static boolean isLoopback(HttpUrl url) {
        return isLoopback(url.host());
    }

    static boolean isLoopback(String host) {
        return LOOPBACK.matcher(host).matches();
    }
}
