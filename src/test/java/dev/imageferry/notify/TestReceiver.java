package dev.imageferry.notify;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** A receiver on real HTTP that records what it gets. It can be killed and started again on the same port. */
public final class TestReceiver implements AutoCloseable {
    static {
        // otherwise each answer on a kept connection waits 40 ms for a delayed acknowledgement
        System.setProperty("sun.net.httpserver.nodelay", "true");
    }

    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final List<Received> received = new ArrayList<>();
    private final InetSocketAddress address;
    private volatile HttpServer server;
    private volatile Script script = request -> Answer.OK;

    /** One request with the headers of the webhook; null where a header is missing. */
    public record Received(
            String path,
            @Nullable String event,
            @Nullable String delivery,
            @Nullable String signature,
            @Nullable String userAgent,
            @Nullable String authorization,
            String body) {}

    /** What the receiver does with a request after it has recorded it. */
    @FunctionalInterface
    public interface Script {
        /** Returns the answer; null to cut the connection. */
        @Nullable
        Answer answer(Received request);
    }

    /**
     * An answer.
     *
     * @param headers further headers
     */
    public record Answer(int status, Map<String, String> headers) {
        public static final Answer OK = of(204);

        public static Answer of(int status) {
            return new Answer(status, Map.of());
        }
    }

    private TestReceiver(HttpServer server) {
        this.server = server;
        this.address = server.getAddress();
    }

    public static TestReceiver start() {
        TestReceiver receiver = new TestReceiver(bound(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)));
        receiver.serve();
        return receiver;
    }

    private static HttpServer bound(InetSocketAddress address) {
        try {
            return HttpServer.create(address, 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void serve() {
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    public void script(Script newScript) {
        script = newScript;
    }

    public String url() {
        return "http://127.0.0.1:" + address.getPort() + "/hook?key=s3cret-key";
    }

    public int port() {
        return address.getPort();
    }

    /** Stops listening and cuts all connections. */
    public void kill() {
        server.stop(0);
    }

    /** Listens on the same port again. */
    public void restart() {
        server = bound(address);
        serve();
    }

    /** All requests so far, in the order of their arrival. */
    public List<Received> received() {
        synchronized (received) {
            return List.copyOf(received);
        }
    }

    /** Blocks the answer until the test ends. */
    public static Script hanging() {
        return request -> {
            LockSupport.parkNanos(Duration.ofSeconds(20).toNanos());
            return null;
        };
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            Received request = new Received(
                    exchange.getRequestURI().toString(),
                    exchange.getRequestHeaders().getFirst("Imageferry-Event"),
                    exchange.getRequestHeaders().getFirst("Imageferry-Delivery"),
                    exchange.getRequestHeaders().getFirst("Imageferry-Signature"),
                    exchange.getRequestHeaders().getFirst("User-Agent"),
                    exchange.getRequestHeaders().getFirst("Authorization"),
                    new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            synchronized (received) {
                received.add(request);
            }
            Answer answer = script.answer(request);
            if (answer != null) {
                answer.headers().forEach(exchange.getResponseHeaders()::set);
                exchange.sendResponseHeaders(answer.status(), -1);
            }
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
