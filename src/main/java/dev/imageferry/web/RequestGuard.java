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
 * Who may ask, before anything else sees the request: the right host, no other site, the token. Sets the headers that
 * keep a browser from making more of an answer than it is. Nothing is let through but by a rule that names it.
 */
@Singleton
final class RequestGuard {
    private static final Logger LOG = Logger.getLogger(RequestGuard.class);
    /** Before all of Quarkus's own filters. */
    private static final int FIRST = 10_000;

    /** All that a page of ours needs is ours: no inline script, no other host, no frame around it. */
    private static final String CONTENT_POLICY =
            "default-src 'self'; base-uri 'none'; form-action 'self';" + " frame-ancestors 'none'; object-src 'none'";

    private static final long MOST_BODY_BYTES = 64 * 1024;
    private static final Duration BODY_LIMIT = Duration.ofSeconds(10);

    private final HostRule hosts;
    private final Credentials credentials;

    RequestGuard(ApiSettings settings, Credentials credentials) {
        this.hosts = HostRule.of(settings.hosts());
        this.credentials = credentials;
    }

    void guardEveryPath(@Observes Filters filters) {
        filters.register(this::guard, FIRST);
    }

    /** What no resource and no file answers, and what fails outside of resources. */
    void answerTheRest(@Observes Router router) {
        router.errorHandler(404, RequestGuard::refuseFailed);
        router.errorHandler(405, RequestGuard::refuseFailed);
        // before Quarkus's own, which writes a stack for every request without a Host
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
                                        "a body here has a Content-Length of at most " + MOST_BODY_BYTES + " bytes",
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
            case Credentials.Admission.HeldUp heldUp -> {
                request.response()
                        .putHeader("Retry-After", Long.toString(heldUp.delay().toSeconds()));
                refuse(context, ApiProblem.tooManyWrongTokens(heldUp.delay(), request.path()));
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
     * Lets a request go on when its body is there: a worker thread that waited for a slow one would be missing elsewhere. A
     * file for the drop folder is read by {@link Receivers}.
     */
    private static void receiveBody(RoutingContext context) {
        HttpServerRequest request = context.request();
        if (isForDropFolder(request.path()) && !isForDropFolder(context.normalizedPath())) {
            refuse(context, ApiProblem.badName("the path leads out of the drop folder by its dots", request.path()));
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
        long timer = context.vertx().setTimer(BODY_LIMIT.toMillis(), late -> {
            refuse(context, ApiProblem.bodyTooSlow(BODY_LIMIT, request.path()));
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

    /** Only an image for the drop folder may be long, or of a length that shows at its end. */
    private static boolean isTooLong(HttpServerRequest request, String path) {
        if (isForDropFolder(path)) {
            return false;
        }
        String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        return request.headers().contains(HttpHeaders.TRANSFER_ENCODING)
                || (length != null && (length.length() > 9 || Long.parseLong(length) > MOST_BODY_BYTES));
    }

    /** All that claims to name the host: in HTTP/2 the pseudo-header and, if somebody sends one, a Host besides. */
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
        // not no-referrer: with it browsers hide the Origin of our own forms too
        response.putHeader("Referrer-Policy", "same-origin");
        response.putHeader("Cross-Origin-Resource-Policy", "same-origin");
        response.putHeader("Content-Security-Policy", CONTENT_POLICY);
        // files change with an upgrade of the daemon: let the browser ask each time; what holds data is nobody's to
        // keep
        boolean holdsData = path.startsWith("/api/") || Access.isPage(path);
        response.putHeader(HttpHeaders.CACHE_CONTROL, holdsData ? "no-store" : "no-cache");
    }

    private static void refuseFailed(RoutingContext context) {
        HttpServerRequest request = context.request();
        if (context.response().headWritten()) {
            request.connection().close(); // the client must not take half an answer for a whole one
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
        refuse(context, ApiProblem.unexpected(instance));
    }

    private static String detail(int status, HttpServerRequest request) {
        return switch (status) {
            case 404 -> "nothing is at " + request.path();
            case 405 -> request.method() + " is not for " + request.path();
            default -> "the request is malformed";
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

    /** What is asked of a request, by its path. */
    private enum Access {
        /**
         * Nothing: Kubernetes and Prometheus probe by a pod's address, which nobody can list beforehand, and carry no
         * token. Health and metrics hold neither names nor ids.
         */
        PROBES,
        /**
         * The right host. The page's files are the same for everyone and hold no data; who logs in shows the token in the
         * body.
         */
        OPEN,
        /** The right host, and the token or a session; a browser that has neither gets the form to log in. */
        PAGE,
        /** The right host, and the token or a session. */
        ALL_ELSE;

        static Access of(HttpMethod method, String path) {
            if (path.equals("/q/health") || path.startsWith("/q/health/") || path.equals("/q/metrics")) {
                return PROBES;
            }
            if (method.equals(HttpMethod.GET) || method.equals(HttpMethod.HEAD)) {
                return path.startsWith("/page/") ? OPEN : isPage(path) ? PAGE : ALL_ELSE;
            }
            boolean logsInOrOut = path.equals("/login") || path.equals("/logout");
            return method.equals(HttpMethod.POST) && logsInOrOut ? OPEN : ALL_ELSE;
        }

        private static boolean isPage(String path) {
            return path.equals("/") || path.equals("/login") || path.startsWith("/jobs/");
        }
    }
}
