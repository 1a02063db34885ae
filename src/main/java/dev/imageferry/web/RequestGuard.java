package dev.imageferry.web;

import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.impl.RoutingContextInternal;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jboss.logging.Logger;

/**
 * Checks host, origin and token of every request before any other handler, and sets the security headers of the answer.
 * Access is denied unless a rule allows it.
 */
@Singleton
final class RequestGuard {
    private static final Logger LOG = Logger.getLogger(RequestGuard.class);
    /** Runs before all filters of Quarkus. */
    private static final int FIRST = 10_000;

    private static final String CONTENT_POLICY =
            "default-src 'self'; base-uri 'none'; form-action 'self';" + " frame-ancestors 'none'; object-src 'none'";

    private static final long MAX_BODY_BYTES = 64 * 1024;
    private static final Duration BODY_TIMEOUT = Duration.ofSeconds(10);

    private final HostRule hosts;
    private final Credentials credentials;

    RequestGuard(ApiSettings settings, Credentials credentials) {
        this.hosts = HostRule.of(settings.hosts());
        this.credentials = credentials;
    }

    void guardEveryPath(@Observes Filters filters) {
        filters.register(this::guard, FIRST);
    }

    /** Answers requests that match no resource or file, and failures outside of resources. */
    void handleFailures(@Observes Router router) {
        router.errorHandler(404, RequestGuard::refuseFailed);
        router.errorHandler(405, RequestGuard::refuseFailed);
        // before the handler of Quarkus, which logs a stack trace for every request without a Host header
        router.route().order(-FIRST).failureHandler(RequestGuard::refuseFailed);
    }

    private void guard(RoutingContext context) {
        HttpServerRequest request = context.request();
        Access access = Access.of(request.method(), context.normalizedPath());
        setHeaders(request.response(), context.normalizedPath());
        if (access == Access.PROBES) {
            context.next();
            return;
        }
        switch (hosts.judge(hosts(request))) {
            case HostRule.Verdict.Malformed malformed ->
                refuse(context, ApiProblem.badHost(malformed.reason(), request.path()));
            case HostRule.Verdict.NotListed other ->
                refuse(context, ApiProblem.misdirected(other.name(), request.path()));
            case HostRule.Verdict.Accepted accepted -> guard(context, access, accepted.host());
        }
    }

    private void guard(RoutingContext context, Access access, String host) {
        HttpServerRequest request = context.request();
        SameSiteRule.refusal(
                        request.method().name(),
                        request.headers().getAll("Sec-Fetch-Site"),
                        request.headers().getAll(HttpHeaders.ORIGIN),
                        host)
                .ifPresentOrElse(reason -> refuse(context, ApiProblem.crossSite(reason, request.path())), () -> {
                    if (isTooLong(request, context.normalizedPath())) {
                        refuse(
                                context,
                                ApiProblem.tooLarge(
                                        "The body of this call needs a Content-Length of at most " + MAX_BODY_BYTES
                                                + " bytes.",
                                        request.path()));
                    } else if (access == Access.OPEN) {
                        receiveBody(context);
                    } else {
                        admit(context, access);
                    }
                });
    }

    private void admit(RoutingContext context, Access access) {
        HttpServerRequest request = context.request();
        switch (credentials.admit(request)) {
            case Credentials.Admission.Admitted admitted -> receiveBody(context);
            case Credentials.Admission.Throttled throttled -> {
                request.response()
                        .putHeader(
                                "Retry-After", Long.toString(throttled.delay().toSeconds()));
                refuse(context, ApiProblem.tooManyWrongTokens(throttled.delay(), request.path()));
            }
            case Credentials.Admission.Refused refused -> {
                request.response().putHeader("WWW-Authenticate", "Bearer realm=\"imageferry\"");
                if (access == Access.PAGE) {
                    askToLogIn(context);
                } else {
                    refuse(context, ApiProblem.unauthorized(request.path()));
                }
            }
        }
    }

    /**
     * Passes the request on after its body has been received, so that a slow client cannot block a worker thread. The body of
     * {@code PUT /api/v1/drop/…} is read by {@link Receivers} instead.
     */
    private static void receiveBody(RoutingContext context) {
        HttpServerRequest request = context.request();
        if (isForDropFolder(request.path()) && !isForDropFolder(context.normalizedPath())) {
            refuse(
                    context,
                    ApiProblem.badName(
                            "The path contains dot segments that lead out of the drop folder.", request.path()));
            return;
        }
        String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        if (isForDropFolder(context.normalizedPath()) || length == null || length.equals("0")) {
            context.next();
            return;
        }
        if ("100-continue".equalsIgnoreCase(request.getHeader(HttpHeaders.EXPECT))) {
            request.response().writeContinue();
            request.headers().remove(HttpHeaders.EXPECT);
        }
        long timer = context.vertx().setTimer(BODY_TIMEOUT.toMillis(), late -> {
            refuse(context, ApiProblem.bodyTooSlow(BODY_TIMEOUT, request.path()));
            context.vertx().setTimer(1_000, answered -> request.connection().close());
        });
        request.body().onSuccess(body -> {
            if (context.vertx().cancelTimer(timer)) {
                ((RoutingContextInternal) context).setBody(body);
                context.next();
            }
        });
        request.resume();
    }

    private static boolean isForDropFolder(String path) {
        return path.startsWith("/api/v1/drop/");
    }

    /** Only bodies for the drop folder may exceed the limit or have no Content-Length. */
    private static boolean isTooLong(HttpServerRequest request, String path) {
        if (isForDropFolder(path)) {
            return false;
        }
        String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        return request.headers().contains(HttpHeaders.TRANSFER_ENCODING)
                || (length != null && (length.length() > 9 || Long.parseLong(length) > MAX_BODY_BYTES));
    }

    /** All values that name the host. An HTTP/2 request may have both the pseudo-header and a Host header. */
    private static List<String> hosts(HttpServerRequest request) {
        List<String> hosts = new ArrayList<>(request.headers().getAll(HttpHeaders.HOST));
        if (request.version() == HttpVersion.HTTP_2 && request.authority() != null) {
            String authority = request.authority().toString();
            hosts.removeIf(authority::equalsIgnoreCase);
            hosts.add(authority);
        }
        return hosts;
    }

    private static void setHeaders(HttpServerResponse response, String path) {
        response.putHeader("X-Content-Type-Options", "nosniff");
        // with no-referrer, browsers would send Origin: null from our own forms
        response.putHeader("Referrer-Policy", "same-origin");
        response.putHeader("Cross-Origin-Resource-Policy", "same-origin");
        response.putHeader("Content-Security-Policy", CONTENT_POLICY);
        response.putHeader(HttpHeaders.CACHE_CONTROL, cacheControl(path));
    }

    private static String cacheControl(String path) {
        if (path.startsWith(FamilyResource.PATH)) {
            return "private, no-cache"; // clients may keep the answer, but must ask each time whether it has changed
        }
        // static files change with an upgrade, so browsers must revalidate them; pages with data must not be stored
        boolean holdsData = path.startsWith("/api/") || Access.isPage(path);
        return holdsData ? "no-store" : "no-cache";
    }

    private static void refuseFailed(RoutingContext context) {
        HttpServerRequest request = context.request();
        if (context.response().headWritten()) {
            request.connection().close(); // so that the client does not take a partial answer for a complete one
            return;
        }
        setHeaders(context.response(), request.path());
        int status = context.statusCode();
        if (status >= 400 && status < 500) {
            refuse(context, ApiProblem.ofStatus(status, detail(status, request), request.path()));
            return;
        }
        String instance = "urn:uuid:" + UUID.randomUUID();
        LOG.errorf(
                context.failure(),
                "request failed method=%s path=%s instance=%s",
                request.method(),
                request.path(),
                instance);
        refuse(context, ApiProblem.internalError(instance));
    }

    private static String detail(int status, HttpServerRequest request) {
        return switch (status) {
            case 404 -> "There is no resource at " + request.path() + ".";
            case 405 -> request.method() + " is not allowed for " + request.path() + ".";
            default -> "The request is malformed.";
        };
    }

    private static void askToLogIn(RoutingContext context) {
        context.response()
                .setStatusCode(401)
                .putHeader(HttpHeaders.CONTENT_TYPE, LogInResource.HTML)
                .end(Templates.logIn(LogInForm.first(context.request().uri())).render());
    }

    private static void refuse(RoutingContext context, ApiProblem problem) {
        context.response()
                .setStatusCode(problem.status())
                .putHeader(HttpHeaders.CONTENT_TYPE, ApiProblem.MEDIA_TYPE)
                .end(problem.toJson());
    }

    /** What a request must present, by method and path. */
    private enum Access {
        /**
         * Nothing. Kubernetes and Prometheus use the address of the pod, which cannot be configured, and send no token. Health
         * and metrics contain no file names or ids.
         */
        PROBES,
        /** An accepted host. For the static files of the page, which contain no data, and for the log-in itself. */
        OPEN,
        /** An accepted host, and a token or session. Otherwise the log-in form is shown. */
        PAGE,
        /** An accepted host, and a token or session. */
        PROTECTED;

        static Access of(HttpMethod method, String path) {
            if (path.equals("/q/health") || path.startsWith("/q/health/") || path.equals("/q/metrics")) {
                return PROBES;
            }
            if (method.equals(HttpMethod.GET) || method.equals(HttpMethod.HEAD)) {
                return path.startsWith("/page/") ? OPEN : isPage(path) ? PAGE : PROTECTED;
            }
            boolean logsInOrOut = path.equals("/login") || path.equals("/logout");
            return method.equals(HttpMethod.POST) && logsInOrOut ? OPEN : PROTECTED;
        }

        private static boolean isPage(String path) {
            return path.equals("/") || path.equals("/login") || path.startsWith("/jobs/");
        }
    }
}
