package dev.imageferry.simulator;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * A running simulated Linode: API ({@code /v4}) and bucket on one port of loopback. Every answer carries
 * {@code X-Simulated-Linode: true}. It decompresses what is uploaded, and keeps hashes and never the bytes.
 *
 * <p>What is asked of it from a test is a snapshot. A client that has an answer finds the effect in the next snapshot.
 */
public final class SimulatedLinode implements AutoCloseable {
    private static final String HOST = "127.0.0.1";
    private static final Duration EXPIRY_TICK = Duration.ofMillis(50);

    /** How many requests a failed wait shows: a condition that makes requests leaves thousands. */
    private static final int SUMMARIZED = 100;

    /** Small, so that a client notices soon when the simulator stops reading. */
    private static final int RECEIVE_BUFFER_BYTES = 128 * 1024;

    private final SimulatorOptions options;
    private final Changes changes = new Changes();
    private final Faults faults = new Faults(changes);
    private final Tokens tokens = new Tokens();
    private final Vertx vertx;
    private final Listeners listeners;
    private final EventLog events;
    private final Processing processing;
    private final ImageStore images;
    private final RequestLog log;
    private final Bucket bucket;
    private final ApiDoor apiDoor;
    private final BucketDoor bucketDoor;
    private final Views views;
    private final HttpServer server;

    private SimulatedLinode(SimulatorOptions options) {
        this.options = options;
        vertx = Vertx.vertx(new VertxOptions()
                .setEventLoopPoolSize(4)
                .setWorkerPoolSize(96) // listeners may block, each of them one PUT
                .setMaxWorkerExecuteTime(1)
                .setMaxWorkerExecuteTimeUnit(TimeUnit.HOURS)
                .setFileSystemOptions(
                        new FileSystemOptions().setFileCachingEnabled(false).setClassPathResolvingEnabled(false)));
        listeners = new Listeners(vertx);
        Timers timers = new Timers(vertx);
        Answering answering = new Answering(listeners, timers, options.clock());
        events = new EventLog(changes, options.clock(), options.eventFlow());
        images = new ImageStore(changes, options, events);
        log = new RequestLog(changes, options.clock());
        processing = new Processing(changes, options, images, events, faults, timers);
        bucket = new Bucket(changes, options, images);
        ImageCalls calls = new ImageCalls(changes, options, images, processing, bucket);
        Api api =
                new Api(calls, events, new RateLimits(options.rateLimits(), options.clock()), tokens, options.fields());
        apiDoor = new ApiDoor(log, api, images, faults, listeners, timers, answering);
        bucketDoor = new BucketDoor(changes, options, log, bucket, processing, faults, listeners, timers, answering);
        views = new Views(images, log);
        tokens.accept(options.token());
        timers.every(EXPIRY_TICK, images::expireOverdue);
        server = vertx.createHttpServer(new HttpServerOptions()
                        .setHttp2ClearTextEnabled(false)
                        .setHandle100ContinueAutomatically(false)
                        .setMaxHeaderSize(64 * 1024)
                        .setReceiveBufferSize(RECEIVE_BUFFER_BYTES))
                .requestHandler(this::handle);
    }

    /**
     * Starts one; it answers when this returns.
     *
     * @throws IllegalStateException when the state file is damaged
     */
    public static SimulatedLinode start(SimulatorOptions options) {
        Path path = options.stateFileOrNull();
        if (path == null) {
            SimulatedLinode linode = new SimulatedLinode(options);
            linode.listen(options.port());
            return linode;
        }
        StateFile file = new StateFile(path);
        JsonObject state = file.read();
        SimulatedLinode linode = new SimulatedLinode(options);
        linode.restore(state, file);
        return linode;
    }

    private void listen(int port) {
        server.listen(port, HOST).toCompletionStage().toCompletableFuture().join();
    }

    /** Upload URLs name the port, so an upload can go on only where the port is the same again. */
    private void restore(JsonObject state, StateFile file) {
        events.restore(state.getJsonArray("events", new JsonArray()));
        List<ImageRow> existing = images.restore(state.getJsonArray("images", new JsonArray()));
        int port = state.getInteger("port", options.port());
        listen(isFree(port) ? port : 0);
        changes.onAccountChange(() -> file.write(saved()));
        changes.accountChanged();
        existing.forEach(processing::resume);
    }

    private JsonObject saved() {
        return new JsonObject()
                .put("port", server.actualPort())
                .put("images", images.saved())
                .put("events", events.saved());
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return true;
        } catch (IOException inUse) {
            return false;
        }
    }

    private void handle(HttpServerRequest request) {
        if (request.path().startsWith(Bucket.PATH)) {
            bucketDoor.handle(request);
        } else if (request.path().startsWith(Views.PATH)) {
            views.handle(request);
        } else {
            apiDoor.handle(request);
        }
    }

    /** What {@code LINODE_URL} is to be set to: {@code http://127.0.0.1:port}. */
    public URI uri() {
        return URI.create("http://" + HOST + ":" + server.actualPort());
    }

    /** The token that is accepted from the start. */
    public String token() {
        return options.token();
    }

    public void acceptToken(String token) {
        tokens.accept(token);
    }

    public void revokeToken(String token) {
        tokens.revoke(token);
    }

    /** The private images that exist now, oldest first. */
    public List<SimulatedImage> images() {
        return images.existing();
    }

    /** All private images there ever were, oldest first; {@code endingOrNull} tells how those that are gone ended. */
    public List<SimulatedImage> everCreated() {
        return images.ever();
    }

    /** The addresses of all images there ever were, with their signatures: what a client must not show to anybody. */
    public List<URI> uploadAddresses() {
        return images.addresses(row -> URI.create(bucket.uploadTo(uri().toString(), row)));
    }

    /** All requests, in order of arrival. */
    public List<RecordedRequest> requests() {
        return log.all();
    }

    /** The requests of one operation, in order of arrival. */
    public List<RecordedRequest> requests(Operation operation) {
        return log.all().stream()
                .filter(request -> request.operation() == operation)
                .toList();
    }

    /** How many PUTs to the bucket were under way at once, at most; a refused one does not count. */
    public int mostConcurrentPuts() {
        return log.mostConcurrentPuts();
    }

    /** How many PUTs to the bucket are under way. */
    public int putsInProgress() {
        return log.putsInProgress();
    }

    /** Adds a fault behind those that are there. */
    public void script(Fault fault) {
        faults.add(fault);
    }

    /** Forgets all faults that have not struck. */
    public void clearFaults() {
        faults.clear();
    }

    /** The image is gone and no event says why. Nothing happens when it does not exist. */
    public void vanish(String imageId) {
        Long number = Call.privateNumber(imageId);
        if (number != null) {
            images.existing(number).ifPresent(row -> images.end(row, SimulatedImage.Ending.VANISHED, null));
        }
    }

    public void onRequest(RequestListener listener) {
        listeners.add(listener);
    }

    /**
     * Waits until the condition holds; it is looked at after each change.
     *
     * @throws AssertionError when it does not in time
     */
    public void await(Predicate<SimulatedLinode> condition, Duration limit) {
        changes.await(() -> condition.test(this), limit, this::summary);
    }

    private String summary() {
        List<RecordedRequest> all = requests();
        List<RecordedRequest> latest = all.subList(Math.max(0, all.size() - SUMMARIZED), all.size());
        return "images " + everCreated() + ", the latest of " + all.size() + " requests "
                + latest.stream()
                        .map(request -> request.operation() + " " + request.status() + " " + request.ending() + " "
                                + request.bodyBytes())
                        .toList();
    }

    /**
     * Closes all connections and stops.
     *
     * @throws IllegalStateException when a listener has thrown
     */
    @Override
    public void close() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
        listeners.failure().ifPresent(thrown -> {
            throw new IllegalStateException("a request listener failed: " + thrown.getMessage(), thrown);
        });
    }
}
