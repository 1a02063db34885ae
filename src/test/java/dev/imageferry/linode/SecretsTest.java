package dev.imageferry.linode;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import mockwebserver3.MockResponse;
import mockwebserver3.MockWebServer;
import mockwebserver3.RecordedRequest;
import mockwebserver3.SocketEffect;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** No failure and no log level exposes the token or the signature. */
@Timeout(60)
class SecretsTest {
    @TempDir
    Path directory;

    /** All output. */
    final Queue<String> said = new ConcurrentLinkedQueue<>();

    final Logger root = Logger.getLogger("");
    final Level usual = root.getLevel();
    List<Handler> usualHandlers = List.of();
    final Handler ear = new Handler() {
        @Override
        public void publish(LogRecord line) {
            if (line.getLoggerName().startsWith("mockwebserver3")) {
                return; // the server itself has received it
            }
            StringWriter text = new StringWriter();
            text.append(String.valueOf(line.getMessage()));
            if (line.getParameters() != null) {
                text.append(List.of(line.getParameters()).toString());
            }
            if (line.getThrown() != null) {
                line.getThrown().printStackTrace(new PrintWriter(text, true));
            }
            said.add(text.toString());
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    @BeforeEach
    void listen() {
        usualHandlers = List.of(root.getHandlers());
        usualHandlers.forEach(root::removeHandler);
        root.addHandler(ear);
        root.setLevel(Level.ALL);
    }

    @AfterEach
    void stopListening() {
        root.removeHandler(ear);
        usualHandlers.forEach(root::addHandler);
        root.setLevel(usual);
    }

    @Test
    void no_failure_exposes_the_token_or_the_signature() throws Exception {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        SentFile file = SentFile.of(directory, 300_000);
        TokenSource token = new TokenSource(new HttpLinodeImagesTest.Settings(
                Optional.of(HttpLinodeImagesTest.TOKEN), Optional.empty(), URI.create("http://unused")));
        Logger.getLogger("test").finest("the ear hears");

        List<MockResponse> answers = List.of(
                new MockResponse.Builder().code(500).body("<html>no</html>").build(),
                new MockResponse.Builder().code(403).body("{}").build(),
                new MockResponse.Builder()
                        .code(302)
                        .addHeader("Location", "/x?Signature=" + SentFile.SIGNATURE)
                        .build(),
                new MockResponse.Builder()
                        .onResponseStart(new SocketEffect.CloseSocket())
                        .build(),
                new MockResponse.Builder()
                        .onRequestStart(new SocketEffect.CloseSocket())
                        .build(),
                new MockResponse.Builder()
                        .onRequestBody(new SocketEffect.CloseSocket())
                        .build(),
                new MockResponse.Builder().status("NOT HTTP AT ALL").build(),
                new MockResponse.Builder().code(200).body("garbage").build());
        try (MockWebServer api = new MockWebServer();
                MockWebServer storage = new MockWebServer()) {
            api.start();
            storage.start();
            HttpLinodeImages images = new HttpLinodeImages(
                    URI.create("http://127.0.0.1:" + api.getPort()), token, "1", SentFile.CLOCK, registry);
            Bucket bucket = SentFile.bucket(Duration.ofSeconds(10), Duration.ofSeconds(10), new Bandwidth(), registry);
            for (MockResponse answer : answers) {
                api.enqueue(answer);
                said.add(images.create(HttpLinodeImagesTest.NEW).toString());
                storage.enqueue(answer);
                said.add(file.putTo(bucket, storage.getPort(), SentFile.YES).toString());
            }
            said.add(file.putTo(bucket, storage.getPort(), () -> false).toString());
            HttpLinodeImages unreachable =
                    new HttpLinodeImages(URI.create("http://127.0.0.1:1"), token, "1", SentFile.CLOCK, registry);
            said.add(unreachable.create(HttpLinodeImagesTest.NEW).toString());
            said.add(token.toString());
            said.add(file.putTo(bucket, 1, SentFile.YES).toString());
            for (Meter meter : registry.getMeters()) {
                said.add(meter.getId().toString());
            }
            for (int i = 0; i < storage.getRequestCount(); i++) {
                RecordedRequest request = storage.takeRequest();
                assertThat(request.getHeaders().get("Authorization")).isNull();
            }
        }

        assertThat(said).anyMatch(line -> line.contains("the ear hears")).hasSizeGreaterThan(20);
        assertThat(String.join("\n", said))
                .doesNotContain(HttpLinodeImagesTest.TOKEN)
                .doesNotContain(SentFile.SIGNATURE)
                .doesNotContain("ACCESSKEY");
    }
}
