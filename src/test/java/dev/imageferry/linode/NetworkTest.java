package dev.imageferry.linode;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.job.Ticker;
import dev.imageferry.job.UploadUrl;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Proxy;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateEncodingException;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import mockwebserver3.MockResponse;
import mockwebserver3.MockWebServer;
import mockwebserver3.RecordedRequest;
import okio.ByteString;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Linode behind a proxy, with a certificate that only the file of {@code imageferry.network.ca} makes trusted. */
@Timeout(60)
class NetworkTest {
    private static final String LOGIN = "http://me:pa%20ss@127.0.0.1:";
    private static final String IMAGE = """
            {"id":"private/7","label":"x","status":"available","size":1,"is_public":false}""";

    private final MockWebServer linode = new MockWebServer();

    @TempDir
    Path directory;

    record Settings(Optional<Path> ca, Optional<String> proxy, Optional<List<String>> noProxy)
            implements NetworkSettings {}

    @BeforeEach
    void start() throws IOException {
        linode.useHttps(TestTls.SERVER.getSocketFactory());
        linode.start();
    }

    @AfterEach
    void stop() {
        linode.close();
    }

    private Network network(boolean trusting, String proxy, String... noProxy) throws Exception {
        return Network.of(new Settings(
                trusting ? Optional.of(authorities()) : Optional.empty(),
                Optional.of(proxy),
                Optional.of(List.of(noProxy))));
    }

    private Path authorities() throws IOException, CertificateEncodingException {
        return Files.writeString(
                directory.resolve("ca.pem"),
                "-----BEGIN CERTIFICATE-----\n"
                        + Base64.getMimeEncoder().encodeToString(TestTls.CERTIFICATE.getEncoded())
                        + "\n-----END CERTIFICATE-----\n");
    }

    private static Answer<RemoteImage> get(Network network) throws InterruptedException {
        TokenSource token = new TokenSource(new HttpLinodeImagesTest.Settings(
                Optional.of(HttpLinodeImagesTest.TOKEN), Optional.empty(), URI.create("http://unused")));
        return new HttpLinodeImages(
                        network.client(),
                        URI.create("https://linode.test"),
                        token,
                        "1",
                        SentFile.CLOCK,
                        Ticker.SYSTEM,
                        new SimpleMeterRegistry())
                .get("private/7");
    }

    /** Tunnels one connection to the server, whatever host the client names. */
    private RawServer proxy(String answer) throws IOException {
        return new RawServer(client -> {
            client.out.write(("HTTP/1.1 " + answer + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
            if (!answer.startsWith("200")) {
                return;
            }
            try (Socket upstream = new Socket(InetAddress.getLoopbackAddress(), linode.getPort())) {
                Thread answers = Thread.startVirtualThread(() -> copy(upstream, client.out));
                client.in.transferTo(upstream.getOutputStream());
                upstream.shutdownOutput();
                answers.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    private static void copy(Socket from, OutputStream to) {
        try (to) {
            from.getInputStream().transferTo(to);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void the_api_is_called_through_the_proxy_which_does_not_see_the_token() throws Exception {
        linode.enqueue(new MockResponse.Builder()
                .addHeader("Connection", "close")
                .body(IMAGE)
                .build());
        try (RawServer proxy = proxy("200 OK")) {
            assertThat(get(network(true, LOGIN + proxy.port()))).isInstanceOf(Answer.Ok.class);

            RecordedRequest call = linode.takeRequest();
            assertThat(call.getHeaders().get("Authorization")).isEqualTo("Bearer " + HttpLinodeImagesTest.TOKEN);
            assertThat(call.getHeaders().get("Proxy-Authorization")).isNull();
            assertThat(proxy.served().head)
                    .startsWith("CONNECT linode.test:443 ")
                    .contains("Proxy-Authorization: Basic bWU6cGEgc3M=")
                    .doesNotContain(HttpLinodeImagesTest.TOKEN);
        }
    }

    @Test
    void a_file_is_put_through_the_proxy_which_does_not_see_the_upload_url() throws Exception {
        SentFile file = SentFile.of(directory, 3_000_000);
        linode.enqueue(new MockResponse.Builder().build());
        try (RawServer proxy = proxy("200 OK")) {
            Bucket bucket = new Bucket(
                    network(true, LOGIN + proxy.port()).client(),
                    "1",
                    Duration.ofSeconds(30),
                    Duration.ofSeconds(30),
                    new Bandwidth(),
                    SentFile.CLOCK,
                    new SimpleMeterRegistry());

            PutResult put = bucket.put(
                    new UploadUrl(SentFile.url("https", 1).value().replace("127.0.0.1:1", "linode.test")),
                    file.path(),
                    file.checked(),
                    file.fingerprint(),
                    SentFile.YES,
                    total -> {});

            assertThat(put).isInstanceOf(PutResult.Stored.class);
            RecordedRequest stored = linode.takeRequest();
            assertThat(stored.getBody()).isEqualTo(ByteString.of(file.bytes()));
            assertThat(stored.getHeaders().get("Proxy-Authorization")).isNull();
            assertThat(proxy.served().head)
                    .startsWith("CONNECT linode.test:443 ")
                    .doesNotContain(SentFile.SIGNATURE, "Signature");
        }
    }

    @Test
    void without_its_authority_the_certificate_is_refused() throws Exception {
        try (RawServer proxy = proxy("200 OK")) {
            assertThat(get(network(false, LOGIN + proxy.port()))).satisfies(answer -> {
                Answer.Refused<?> refused = (Answer.Refused<?>) answer;
                assertThat(refused.problem().message()).contains("certificat");
                assertThat(refused.cause()).isEqualTo(Cause.UNREACHABLE);
            });
            assertThat(linode.getRequestCount()).isZero();
        }
    }

    @ParameterizedTest
    @CsvSource({"403 Forbidden, 403", "407 Proxy Authentication Required, proxy"})
    void a_refusal_of_the_proxy_is_an_outage_and_is_named(String answer, String named) throws Exception {
        try (RawServer proxy = proxy(answer)) {
            assertThat(get(network(true, LOGIN + proxy.port()))).satisfies(result -> {
                Answer.Refused<?> refused = (Answer.Refused<?>) result;
                assertThat(refused.problem().message()).contains(named).doesNotContain("pa ss", "bWU6");
                assertThat(refused.cause()).isEqualTo(Cause.UNREACHABLE);
            });
        }
    }

    @ParameterizedTest
    @CsvSource({
        "https://api.linode.com/v4, true",
        "https://us-ord-1.linodeobjects.com:443/x, false",
        "https://linodeobjects.com/x, false",
        "https://notlinodeobjects.com/x, true",
        "https://10.1.2.3/x, false",
        "https://11.1.2.3/x, true",
        "https://[2001:db8::1]/x, false",
        "https://[2001:db9::1]/x, true",
        "https://inner.example.com/x, true",
        "https://inner.example.com:8443/x, false",
        "https://localhost/x, false",
        "https://127.0.0.1/x, false",
        "https://[::1]/x, false",
        "http://127.0.0.1/x, false"
    })
    void hosts_of_no_proxy_and_of_this_machine_are_connected_directly(String url, boolean proxied) throws Exception {
        HttpsProxy proxy = HttpsProxy.of(
                "proxy.example.com:3128",
                List.of(" .LinodeObjects.com", "10.0.0.0/8", "2001:db8::/32", "inner.example.com:8443"));

        assertThat(proxy.select(URI.create(url)).getFirst().type())
                .isEqualTo(proxied ? Proxy.Type.HTTP : Proxy.Type.DIRECT);
        assertThat(HttpsProxy.of("proxy:1", List.of("*")).select(URI.create(url)))
                .containsExactly(Proxy.NO_PROXY);
    }
}
