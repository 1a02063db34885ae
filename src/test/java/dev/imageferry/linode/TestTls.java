package dev.imageferry.linode;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/** A certificate for 127.0.0.1 and linode.test that only the tests trust, created by the keytool of the JDK. */
final class TestTls {
    private static final char[] PASSWORD = "changeit".toCharArray();

    static final SSLContext SERVER;
    static final SSLContext CLIENT;
    static final X509TrustManager TRUST;
    static final Certificate CERTIFICATE;

    static {
        try {
            KeyStore store = make();
            KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(store, PASSWORD);
            CERTIFICATE = store.getCertificate("test");
            SERVER = SSLContext.getInstance("TLS");
            SERVER.init(keys.getKeyManagers(), null, null);
            KeyStore trusted = KeyStore.getInstance("PKCS12");
            trusted.load(null, null);
            trusted.setCertificateEntry("test", CERTIFICATE);
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(trusted);
            TRUST = (X509TrustManager) trust.getTrustManagers()[0];
            CLIENT = SSLContext.getInstance("TLS");
            CLIENT.init(null, trust.getTrustManagers(), null);
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private TestTls() {}

    private static KeyStore make() throws GeneralSecurityException {
        try {
            Path folder = Files.createTempDirectory("imageferry-tls");
            Path file = folder.resolve("keys.p12");
            String command = "keytool -genkeypair -alias test -keyalg EC -dname CN=test -validity 2 -storetype PKCS12"
                    + " -ext SAN=ip:127.0.0.1,dns:linode.test -storepass changeit -keystore";
            String[] words = (Path.of(System.getProperty("java.home"), "bin") + "/" + command + " " + file).split(" ");
            Process keytool =
                    new ProcessBuilder(words).redirectErrorStream(true).start();
            if (!keytool.waitFor(60, TimeUnit.SECONDS) || keytool.exitValue() != 0) {
                throw new IllegalStateException("keytool made no certificate");
            }
            KeyStore store = KeyStore.getInstance("PKCS12");
            try (InputStream in = Files.newInputStream(file)) {
                store.load(in, PASSWORD);
            }
            Files.delete(file);
            Files.delete(folder);
            return store;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
