package dev.imageferry.notify;

import dev.imageferry.job.Reason;
import dev.imageferry.linode.WaitHeaders;
import dev.imageferry.queue.Notification;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import okhttp3.Call;
import okhttp3.Credentials;
import okhttp3.HttpUrl;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/** Posts notifications to the URL of the settings. Follows no redirects and does not read the body of the answer. */
public final class Receiver {
    /** Bounds a whole attempt, from the connection to the status line. */
    public static final Duration TIMEOUT = Duration.ofSeconds(30);

    private static final MediaType JSON = MediaType.get("application/json");

    private final HttpUrl url;
    private final @Nullable Signature signatureOrNull;
    private final String userAgent;
    private final InstantSource clock;
    private final Duration timeout;
    private final OkHttpClient client;
    private final Set<Call> calls = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    /**
     * Makes no connection yet.
     *
     * @param url http or https. A user name and password in it are sent as basic authentication
     * @param secretOrNull the key of the signature; null for none
     * @param version of Imageferry, for the {@code User-Agent}
     * @throws IllegalArgumentException if the URL is not one
     */
    public Receiver(String url, @Nullable String secretOrNull, String version, InstantSource clock, Duration timeout) {
        HttpUrl parsed = HttpUrl.parse(url);
        if (parsed == null) {
            throw new IllegalArgumentException("imageferry.notify.url is not an http or https URL");
        }
        this.url = parsed;
        this.signatureOrNull = secretOrNull == null ? null : new Signature(secretOrNull);
        this.userAgent = "imageferry/" + version;
        this.clock = clock;
        this.timeout = timeout;
        this.client = new OkHttpClient.Builder()
                .followRedirects(false)
                .followSslRedirects(false)
                .connectTimeout(Duration.ZERO)
                .readTimeout(Duration.ZERO)
                .writeTimeout(Duration.ZERO)
                .callTimeout(timeout)
                .build();
    }

    /** Scheme, host and port of the receiver. The rest of the URL can contain a secret. */
    @Override
    public String toString() {
        HttpUrl root = new HttpUrl.Builder()
                .scheme(url.scheme())
                .host(url.host())
                .port(url.port())
                .build();
        return root.toString();
    }

    Reply post(Notification notification) {
        Call call = client.newCall(request(notification));
        calls.add(call);
        if (closed) {
            call.cancel();
        }
        try (Response response = call.execute()) {
            return response.isSuccessful()
                    ? new Reply.Accepted()
                    : new Reply.Failed(
                            "HTTP " + response.code() + (response.isRedirect() ? ", which is not followed" : ""),
                            WaitHeaders.retryAfter(response.headers(), clock.instant())
                                    .orElse(null));
        } catch (InterruptedIOException e) {
            return new Reply.Failed("no answer within " + timeout.toSeconds() + " s", null);
        } catch (IOException e) {
            return new Reply.Failed(Reason.of(e), null);
        } finally {
            calls.remove(call);
        }
    }

    private Request request(Notification notification) {
        byte[] body = notification.body().getBytes(StandardCharsets.UTF_8);
        Request.Builder request = new Request.Builder()
                .url(url)
                .header("User-Agent", userAgent)
                .header(
                        "Imageferry-Event",
                        "job." + notification.outcome().name().toLowerCase(Locale.ROOT))
                .header("Imageferry-Delivery", notification.delivery().toString())
                .post(RequestBody.create(body, JSON));
        if (signatureOrNull != null) {
            request.header("Imageferry-Signature", signatureOrNull.of(body));
        }
        if (!url.username().isEmpty()) {
            request.header("Authorization", Credentials.basic(url.username(), url.password(), StandardCharsets.UTF_8));
        }
        return request.build();
    }

    /** Cuts all attempts in progress and all later ones. */
    public void close() {
        closed = true;
        calls.forEach(Call::cancel);
    }
}
