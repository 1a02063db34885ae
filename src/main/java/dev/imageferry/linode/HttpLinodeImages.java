package dev.imageferry.linode;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.Problem;
import dev.imageferry.job.Ticker;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import okhttp3.Call;
import okhttp3.ConnectionPool;
import okhttp3.HttpUrl;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;

/**
 * The API over HTTP. Only the client of this class has the token. It follows no redirects and does not retry. Each call runs
 * on a new virtual thread, so that the caller can be interrupted at any time.
 */
public final class HttpLinodeImages implements LinodeImages {
    private static final MediaType JSON = MediaType.get("application/json");
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final String PRIVATE_ONLY = "{\"is_public\":false}";

    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(15);
    private static final Duration CALL_TIMEOUT = Duration.ofSeconds(60);
    /** Short, because the check waits for it and does not need it. */
    private static final Duration REGIONS_TIMEOUT = Duration.ofSeconds(10);

    private static final long ANSWER_BYTES = 1024 * 1024;
    private static final long LISTING_BYTES = 16 * 1024 * 1024;

    /** Of the 20 that Linode allows, for other clients with this token. */
    private static final int LISTING_CALLS_PER_MINUTE = 15;

    private final HttpUrl base;
    private final TokenSource token;
    private final InstantSource clock;
    private final RequestTimer timer;
    private final ApiThrottle throttle;
    private final ServiceClock serviceClock;
    private final OkHttpClient client;
    private final SharedListing listing;
    private final SharedPolls polls;
    private final SharedRegions regions;
    private volatile boolean simulated;

    /** With the clocks of the system and the network of Java. */
    public HttpLinodeImages(URI url, TokenSource token, String version, InstantSource clock, MeterRegistry registry) {
        this(url, token, version, clock, Ticker.SYSTEM, registry);
    }

    /** With the network of Java. */
    public HttpLinodeImages(
            URI url, TokenSource token, String version, InstantSource clock, Ticker ticker, MeterRegistry registry) {
        this(Network.ofJava().client(), url, token, version, clock, ticker, registry);
    }

    /**
     * Makes no connection yet.
     *
     * @param builder of the client
     * @param url the API without its version
     * @param version of Imageferry, for the {@code User-Agent}
     * @throws IllegalArgumentException if {@code url} is invalid or would expose the token
     */
    public HttpLinodeImages(
            OkHttpClient.Builder builder,
            URI url,
            TokenSource token,
            String version,
            InstantSource clock,
            Ticker ticker,
            MeterRegistry registry) {
        this.base = Addresses.api(url);
        this.token = token;
        this.clock = clock;
        this.timer = new RequestTimer(registry, EnumSet.complementOf(EnumSet.of(Operation.PUT)));
        this.throttle = new ApiThrottle(clock, ticker);
        this.serviceClock = new ServiceClock(ticker);
        this.listing = new SharedListing(this::listAllPages, ticker, LISTING_CALLS_PER_MINUTE, Duration.ofMinutes(1));
        this.polls = new SharedPolls(listing, ticker);
        this.regions = new SharedRegions(this::listRegions, ticker);
        this.client = builder.followRedirects(false)
                .followSslRedirects(false)
                .retryOnConnectionFailure(false)
                .connectTimeout(CONNECT_TIMEOUT)
                .readTimeout(CALL_TIMEOUT)
                .writeTimeout(CALL_TIMEOUT)
                .callTimeout(CALL_TIMEOUT)
                // short, because a call over a connection that the server closed while idle fails and is not retried
                .connectionPool(new ConnectionPool(8, 5, TimeUnit.SECONDS))
                .eventListenerFactory(CallTrace::of)
                .addInterceptor(chain -> chain.proceed(chain.request()
                        .newBuilder()
                        .header("User-Agent", "imageferry/" + version)
                        .header("Authorization", "Bearer " + token.current())
                        .build()))
                .build();
        Gauge.builder("imageferry_linode_rate_limit_remaining", throttle, ApiThrottle::fewestRemaining)
                .description(
                        "Calls to Linode's API that remain before the rate limit, of the kind of call with the fewest left; NaN before the first answer")
                .strongReference(true)
                .register(registry);
    }

    /** Whether an answer came from the simulated Linode. */
    public boolean simulated() {
        return simulated;
    }

    @Override
    public Answer<CreatedImage> create(NewImage image) throws InterruptedException {
        ObjectNode body = MAPPER.createObjectNode().put("label", image.label()).put("region", image.region());
        if (!image.description().isEmpty()) {
            body.put("description", image.description());
        }
        body.put("cloud_init", image.cloudInit());
        ArrayNode tags = body.putArray("tags");
        image.tags().forEach(tags::add);
        Request.Builder request = request(images().addPathSegment("upload")).post(json(body));
        Answer<CreatedImage> answer = call(Operation.CREATE, request, ResponseParsers::created);
        if (answer instanceof Answer.Ok<CreatedImage>(CreatedImage created) && !mayReceiveFiles(created)) {
            return new Answer.Refused<>(
                    new Problem(
                            ErrorCode.LINODE_ERROR,
                            "the upload URL that Linode returned for "
                                    + created.image().id()
                                    + " is not https, which would expose the file: check imageferry.linode.url"),
                    true,
                    Cause.SERVER);
        }
        return answer;
    }

    @Override
    public Answer<RemoteImage> get(String imageId) throws InterruptedException {
        return call(Operation.GET, request(image(imageId)), parserOf(imageId));
    }

    @Override
    public Answer<Done> delete(String imageId) throws InterruptedException {
        return call(Operation.DELETE, request(image(imageId)).delete(), ResponseParsers::done);
    }

    @Override
    public Answer<RemoteImage> replicate(String imageId, List<String> regions) throws InterruptedException {
        ObjectNode body = MAPPER.createObjectNode();
        ArrayNode wanted = body.putArray("regions");
        regions.forEach(wanted::add);
        Request.Builder request =
                request(image(imageId).addPathSegment("regions")).post(json(body));
        return call(Operation.REPLICATE, request, parserOf(imageId));
    }

    /** An answer about another image is invalid. */
    private static ResponseClassifier.Parser<RemoteImage> parserOf(String imageId) {
        return json -> ResponseParsers.image(json).filter(image -> image.id().equals(imageId));
    }

    @Override
    public Polled poll(String imageId, Predicate<RemoteImage> decides) throws InterruptedException {
        return polls.poll(imageId, decides, () -> get(imageId));
    }

    @Override
    public Answer<List<RemoteImage>> privateImages() throws InterruptedException {
        return listing.get();
    }

    @Override
    public Answer<List<ImageEvent>> uploadEvents(String imageId) throws InterruptedException {
        String entityId = imageId.substring(imageId.lastIndexOf('/') + 1);
        ObjectNode filter = MAPPER.createObjectNode().put("+order", "asc").put("+order_by", "created");
        if (entityId.matches("\\d{1,18}")) {
            filter.put("entity.id", Long.parseLong(entityId));
        } else {
            filter.put("entity.id", entityId);
        }
        filter.put("entity.type", "image").put("action", "image_upload");
        return PagedList.read(Operation.EVENTS, page -> {
            HttpUrl.Builder url = base.newBuilder().addPathSegments("account/events");
            if (page > 1) {
                url.addQueryParameter("page", String.valueOf(page));
            }
            Request.Builder request = request(url).header("X-Filter", filter.toString());
            return call(Operation.EVENTS, request, json -> ResponseParsers.events(json, entityId));
        });
    }

    @Override
    public Answer<List<Region>> regions(Duration mostAge) throws InterruptedException {
        return regions.get(mostAge);
    }

    @Override
    public Answer<Profile> profile() throws InterruptedException {
        return call(Operation.PROFILE, request(base.newBuilder().addPathSegment("profile")), ResponseParsers::profile);
    }

    @Override
    public Optional<Instant> serviceTime() {
        return serviceClock.now();
    }

    private Answer<List<RemoteImage>> listAllPages(Runnable beforeCall) throws InterruptedException {
        Answer<List<RemoteImage>> listed = PagedList.read(Operation.LIST, page -> {
            beforeCall.run();
            Request.Builder request = request(page(images(), page)).header("X-Filter", PRIVATE_ONLY);
            return call(Operation.LIST, request, ResponseParsers::images);
        });
        if (!(listed instanceof Answer.Ok<List<RemoteImage>>(List<RemoteImage> images))) {
            return listed;
        }
        Map<String, RemoteImage> byId = new LinkedHashMap<>();
        images.stream().filter(image -> !image.isPublic()).forEach(image -> byId.put(image.id(), image));
        return new Answer.Ok<>(List.copyOf(byId.values()));
    }

    private Answer<List<Region>> listRegions() throws InterruptedException {
        return PagedList.read(
                Operation.REGIONS,
                page -> call(
                        Operation.REGIONS,
                        request(page(base.newBuilder().addPathSegment("regions"), page)),
                        ResponseParsers::regionList));
    }

    private static HttpUrl.Builder page(HttpUrl.Builder list, int page) {
        return list.addQueryParameter("page", String.valueOf(page)).addQueryParameter("page_size", "500");
    }

    private boolean mayReceiveFiles(CreatedImage created) {
        return Addresses.bucket(created.uploadTo().value())
                .filter(url -> url.isHttps() || !base.isHttps())
                .isPresent();
    }

    private HttpUrl.Builder images() {
        return base.newBuilder().addPathSegment("images");
    }

    /** Encodes the slash of {@code private/123} as {@code %2F}, like Linode's own clients. */
    private HttpUrl.Builder image(String imageId) {
        return images().addPathSegment(imageId);
    }

    private static Request.Builder request(HttpUrl.Builder url) {
        return new Request.Builder().url(url.build());
    }

    private static RequestBody json(ObjectNode body) {
        return RequestBody.create(body.toString(), JSON);
    }

    private <T> Answer<T> call(Operation operation, Request.Builder request, ResponseClassifier.Parser<T> parser)
            throws InterruptedException {
        long version = token.version();
        Optional<Duration> pause = throttle.pauseBefore(operation, version);
        if (pause.isPresent()) {
            return ResponseClassifier.throttled(operation, pause.get());
        }
        Call call = client.newCall(
                request.tag(CallTrace.class, new CallTrace(timer, operation)).build());
        if (operation == Operation.REGIONS) {
            call.timeout().timeout(REGIONS_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        }
        FutureTask<Answer<T>> task = new FutureTask<>(() -> exchange(operation, call, version, parser));
        Thread.ofVirtual().name("linode-" + operation.tag()).start(task);
        try {
            return task.get();
        } catch (InterruptedException e) {
            call.cancel();
            throw e;
        } catch (ExecutionException e) {
            throw new IllegalStateException(
                    "the call to " + operation.description() + " failed unexpectedly", e.getCause());
        }
    }

    private <T> Answer<T> exchange(Operation operation, Call call, long version, ResponseClassifier.Parser<T> parser) {
        try (Response response = call.execute()) {
            ApiAnswer answer =
                    ApiAnswer.of(HttpAnswer.read(response, operation == Operation.LIST ? LISTING_BYTES : ANSWER_BYTES));
            if ("true".equalsIgnoreCase(answer.headers().get("X-Simulated-Linode"))) {
                simulated = true;
            }
            throttle.note(operation, version, answer);
            if (operation.isForJob() && answer.isApiError() && answer.errors().isAboutRegion()) {
                regions.outdated();
            }
            Answer<T> classified = ResponseClassifier.of(operation, answer, clock.instant(), parser);
            if (classified instanceof Answer.Ok<T> || answer.isApiError()) {
                serviceClock.note(answer.headers());
            }
            return classified;
        } catch (IOException e) {
            return ResponseClassifier.of(operation, e, CallTrace.of(call).isSent());
        }
    }
}
