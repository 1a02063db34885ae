package dev.imageferry.linode;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import okhttp3.OkHttpClient;
import org.jspecify.annotations.Nullable;

/** The way from this host to Linode: the proxy, and the certificate authorities that are trusted. */
public final class Network {
    private final @Nullable HttpsProxy proxyOrNull;
    private final @Nullable X509TrustManager trustOrNull;

    private Network(@Nullable HttpsProxy proxyOrNull, @Nullable X509TrustManager trustOrNull) {
        this.proxyOrNull = proxyOrNull;
        this.trustOrNull = trustOrNull;
    }

    /** With the defaults of Java. */
    public static Network ofJava() {
        return new Network(null, null);
    }

    /**
     * As set.
     *
     * @throws IllegalArgumentException with one line, if the address of the proxy or the file of the authorities is invalid
     */
    public static Network of(NetworkSettings settings) {
        return new Network(
                settings.proxy()
                        .map(proxy -> HttpsProxy.of(proxy, settings.noProxy().orElse(List.of())))
                        .orElse(null),
                settings.ca().map(Network::trust).orElse(null));
    }

    /** A new client that goes this way. */
    public OkHttpClient.Builder client() {
        OkHttpClient.Builder client = new OkHttpClient.Builder();
        if (proxyOrNull != null) {
            client.proxySelector(proxyOrNull).proxyAuthenticator(proxyOrNull);
        }
        if (trustOrNull != null) {
            client.sslSocketFactory(tls(trustOrNull).getSocketFactory(), trustOrNull);
        }
        return client;
    }

    private static X509TrustManager trust(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            KeyStore authorities = KeyStore.getInstance(KeyStore.getDefaultType());
            authorities.load(null, null);
            for (X509Certificate known : trust((KeyStore) null).getAcceptedIssuers()) {
                add(known, authorities);
            }
            for (Certificate own : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                add(own, authorities);
            }
            return trust(authorities);
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalArgumentException("cannot read the certificates of imageferry.network.ca " + file, e);
        }
    }

    private static void add(Certificate authority, KeyStore authorities) throws GeneralSecurityException {
        authorities.setCertificateEntry("authority-" + authorities.size(), authority);
    }

    private static X509TrustManager trust(@Nullable KeyStore authorities) throws GeneralSecurityException {
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(authorities);
        return Arrays.stream(factory.getTrustManagers())
                .filter(X509TrustManager.class::isInstance)
                .map(X509TrustManager.class::cast)
                .findFirst()
                .orElseThrow();
    }

    private static SSLContext tls(X509TrustManager trust) {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, new X509TrustManager[] {trust}, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Java has no TLS", e);
        }
    }
}
