package dev.imageferry.linode;

import dev.imageferry.job.CheckedImage;
import dev.imageferry.job.FileFingerprint;
import dev.imageferry.job.UploadUrl;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import okhttp3.ConnectionPool;
import okhttp3.HttpUrl;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;

/**
 * Uploads files to presigned URLs: one PUT over a new connection, without redirects and retries. Uses HTTP/1.1, because the
 * flow control of HTTP/2 is slow over long distances. The client of the bucket does not have the token.
 *
 * <p>OkHttp's timeouts are off, because over TLS they close the socket gracefully and thus wait for the write that hangs.
 * {@link PutCall} enforces the time limits and closes the connection.
 */
public final class Bucket {
    private record Put(PutLine line, long bytes) {}

    private final Duration stallTimeout;
    private final Duration answerTimeout;
    private final Bandwidth bandwidth;
    private final InstantSource clock;
    private final RequestTimer timer;
    private final OkHttpClient client;

    /** With the network of Java. */
    public Bucket(
            String version,
            Duration stallTimeout,
            Duration answerTimeout,
            Bandwidth bandwidth,
            InstantSource clock,
            MeterRegistry registry) {
        this(Network.ofJava().client(), version, stallTimeout, answerTimeout, bandwidth, clock, registry);
    }

    /**
     * Makes no connection yet.
     *
     * @param builder of the client
     * @param version of Imageferry, for the {@code User-Agent}
     * @param stallTimeout limit for connecting, and for the time without an accepted byte; waiting for bandwidth does not count
     * @param answerTimeout limit for the answer after the last byte
     */
    public Bucket(
            OkHttpClient.Builder builder,
            String version,
            Duration stallTimeout,
            Duration answerTimeout,
            Bandwidth bandwidth,
            InstantSource clock,
            MeterRegistry registry) {
        this.stallTimeout = stallTimeout;
        this.answerTimeout = answerTimeout;
        this.bandwidth = bandwidth;
        this.clock = clock;
        this.timer = new RequestTimer(registry, Set.of(Operation.PUT));
        this.client = builder.protocols(List.of(Protocol.HTTP_1_1))
                .followRedirects(false)
                .followSslRedirects(false)
                .retryOnConnectionFailure(false)
                .connectTimeout(Duration.ZERO)
                .readTimeout(Duration.ZERO)
                .writeTimeout(Duration.ZERO)
                .callTimeout(Duration.ZERO)
                .connectionPool(new ConnectionPool(0, 1, TimeUnit.SECONDS))
                .eventListenerFactory(CallTrace::of)
                .addInterceptor(chain -> chain.proceed(chain.request()
                        .newBuilder()
                        .header("User-Agent", "imageferry/" + version)
                        .build()))
                .addNetworkInterceptor(chain -> {
                    Put put = Objects.requireNonNull(chain.request().tag(Put.class), "every request is a PUT");
                    put.line()
                            .use(Objects.requireNonNull(chain.connection(), "connected")
                                    .socket());
                    return chain.proceed(chain.request()
                            .newBuilder()
                            .header("Content-Length", String.valueOf(put.bytes()))
                            .build());
                })
                .build();
    }

    /** {@link #start} and {@link PutCall#await}. Interrupting the caller cancels the PUT. */
    public PutResult put(
            UploadUrl url,
            Path file,
            CheckedImage checked,
            FileFingerprint fingerprint,
            PutGuard guard,
            PutListener listener)
            throws InterruptedException {
        return start(url, file, checked, fingerprint, guard, listener).await();
    }

    /**
     * Starts to send a file on a new thread.
     *
     * @param checked the result of the check: length and CRC32C of the bytes that are read, and MD5 of the stored object
     * @param fingerprint of the file when it was checked
     * @throws IllegalArgumentException for a URL that {@link LinodeImages#create} would have refused
     */
    public PutCall start(
            UploadUrl url,
            Path file,
            CheckedImage checked,
            FileFingerprint fingerprint,
            PutGuard guard,
            PutListener listener) {
        HttpUrl address = Addresses.bucket(url.value())
                .orElseThrow(() -> new IllegalArgumentException("an upload URL must be https"));
        PutAbort abort = new PutAbort();
        PutProgress progress = new PutProgress(listener);
        PutLine line = new PutLine();
        EarlyAnswer earlyAnswer = new EarlyAnswer(url, checked, clock, abort, line);
        HeldBackBody body =
                new HeldBackBody(file, checked, fingerprint, guard, bandwidth, progress, earlyAnswer, abort, line);
        body.change().ifPresent(abort::set);
        Request request = new Request.Builder()
                .url(address)
                .put(body)
                .tag(CallTrace.class, new CallTrace(timer, Operation.PUT))
                .tag(Put.class, new Put(line, checked.compressedBytes()))
                .build();
        PutCall call = new PutCall(
                client.newBuilder().socketFactory(line).build().newCall(request),
                new PutCall.Terms(url, file, checked, stallTimeout, answerTimeout),
                progress,
                abort,
                clock);
        call.start();
        return call;
    }
}
