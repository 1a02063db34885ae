package dev.imageferry.linode;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import okhttp3.Authenticator;
import okhttp3.Credentials;
import okhttp3.HttpUrl;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.Route;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP proxy for https connections. They are tunnels ({@code CONNECT}), so that the proxy sees the host, but neither the token
 * nor an upload URL. The proxy resolves the name of the host.
 */
final class HttpsProxy extends ProxySelector implements Authenticator {
    private static final List<Proxy> DIRECT = List.of(Proxy.NO_PROXY);

    private final Proxy proxy;
    private final Optional<String> credentials;
    private final List<DirectHost> directHosts;

    private HttpsProxy(HttpUrl address, List<DirectHost> directHosts) {
        this.proxy = new Proxy(Proxy.Type.HTTP, InetSocketAddress.createUnresolved(address.host(), address.port()));
        this.credentials = Optional.of(address)
                .filter(url -> !url.username().isEmpty())
                .map(url -> Credentials.basic(url.username(), url.password(), StandardCharsets.UTF_8));
        this.directHosts = directHosts;
    }

    /**
     * The proxy at an address such as {@code http://user:password@proxy.example.com:3128}.
     *
     * @param noProxy the hosts that are connected directly, see {@link NetworkSettings#noProxy}
     * @throws IllegalArgumentException if the address is not that of an HTTP proxy. The message does not contain it
     */
    static HttpsProxy of(String address, List<String> noProxy) {
        HttpUrl url = HttpUrl.parse(address.contains("://") ? address : "http://" + address);
        if (url == null || url.isHttps()) {
            throw new IllegalArgumentException("imageferry.network.proxy is not an address such as http://host:3128");
        }
        return new HttpsProxy(url, noProxy.stream().map(DirectHost::of).toList());
    }

    @Override
    public List<Proxy> select(URI uri) {
        String host = uri.getHost() == null ? "" : uri.getHost().replaceAll("[\\[\\]]", "");
        int port = uri.getPort() < 0 ? HttpUrl.defaultPort(uri.getScheme()) : uri.getPort();
        boolean direct = !"https".equals(uri.getScheme())
                || Addresses.isLoopback(host)
                || directHosts.stream().anyMatch(entry -> entry.matches(host, port));
        return direct ? DIRECT : List.of(proxy);
    }

    @Override
    public void connectFailed(URI uri, SocketAddress address, IOException failure) {
        // the caller gets the failure
    }

    /** Sends the credentials with the first request. If the proxy does not accept them, the connection fails. */
    @Override
    public @Nullable Request authenticate(@Nullable Route route, Response response) {
        boolean refused = response.request().header("Proxy-Authorization") != null;
        return refused
                ? null
                : credentials
                        .map(value -> response.request()
                                .newBuilder()
                                .header("Proxy-Authorization", value)
                                .build())
                        .orElse(null);
    }
}
