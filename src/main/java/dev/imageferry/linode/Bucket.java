package dev.imageferry.linode;

import dev.imageferry.job.CheckedImage;
import dev.imageferry.job.FileFingerprint;
import dev.imageferry.job.UploadUrl;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import okhttp3.ConnectionPool;
import okhttp3.HttpUrl;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;

/**
 * Sends files to presigned addresses: one PUT each, HTTP/1.1 (HTTP/2's upload window is slow over long lines), a
 * connection of its own, no redirect, no repetition. Its client has never heard of the token.
 *
 * <p>OkHttp's own time-outs are off: over TLS they close the socket politely, which waits for the very write that hangs.
 * {@link PutCall} watches the time instead and closes the connection beneath.
 */
public final class Bucket {
    private final Duration stallTimeout;
    private final Duration answerTimeout;
    private final Bandwidth bandwidth;
    private final InstantSource clock;
    private final RequestTimer timer;
    private final OkHttpClient client;

    /**
     * Connects nothing yet.
     *
     * @param version ours, for the {@code User-Agent}
     * @param stallTimeout how long no byte may be accepted, and a connection may take; waiting for bandwidth not counted
     * @param answerTimeout how long the bucket may take to answer after the last byte
     */
    public Bucket(
            String version,
            Duration stallTimeout,
            Duration answerTimeout,
            Bandwidth bandwidth,
            InstantSource clock,
            MeterRegistry registry) {
        this(new OkHttpClient.Builder(), version, stallTimeout, answerTimeout, bandwidth, clock, registry);
    }

    /** With a client that trusts a test's certificate. */
    Bucket(
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
                    EarlyAnswer earlyAnswer = chain.request().tag(EarlyAnswer.class);
                    if (earlyAnswer != null && chain.connection() != null) {
                        earlyAnswer.watch(chain.connection().socket());
                    }
                    return chain.proceed(chain.request());
                })
                .build();
    }

    /** {@link #start} and {@link PutCall#await} in one: cut when the caller is interrupted. */
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
     * Begins to send a file on a thread of its own.
     *
     * @param checked what the check found: length and CRC32C must be those of what is read, the MD5 that of the ETag
     * @param fingerprint the file's when it was checked
     * @throws IllegalArgumentException for an address that {@link LinodeImages#create} would not have let through
     */
    public PutCall start(
            UploadUrl url,
            Path file,
            CheckedImage checked,
            FileFingerprint fingerprint,
            PutGuard guard,
            PutListener listener) {
        HttpUrl address = Addresses.bucket(url.value())
                .orElseThrow(() -> new IllegalArgumentException("an upload address has to be https"));
        Ending ending = new Ending();
        PutProgress progress = new PutProgress(listener);
        EarlyAnswer earlyAnswer = new EarlyAnswer(url, checked, clock, ending);
        HeldBackBody body =
                new HeldBackBody(file, checked, fingerprint, guard, bandwidth, progress, earlyAnswer, ending);
        body.change().ifPresent(ending::set);
        Request request = new Request.Builder()
                .url(address)
                .put(body)
                .tag(CallTrace.class, new CallTrace(timer, Operation.PUT))
                .tag(EarlyAnswer.class, earlyAnswer)
                .build();
        PutCall call = new PutCall(
                client.newCall(request),
                new PutCall.Terms(url, file, checked, stallTimeout, answerTimeout),
                progress,
                ending,
                clock);
        call.start();
        return call;
    }
}
