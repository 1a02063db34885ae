package dev.imageferry.web;

import io.netty.handler.codec.http.cookie.CookieHeaderNames.SameSite;
import io.netty.handler.codec.http.cookie.DefaultCookie;
import io.netty.handler.codec.http.cookie.ServerCookieEncoder;
import io.vertx.core.http.Cookie;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/** Authenticates requests by the API token or by the session of the page's log-in. */
@Singleton
final class Credentials {
    static final String SESSION_COOKIE = "imageferry-session";

    private final TokenRule token;
    private final SessionRule session;
    private final WrongTokens wrongTokens = new WrongTokens(System::nanoTime);

    Credentials(ApiSettings settings, InstantSource clock) {
        this.token = TokenRule.of(settings.token());
        this.session = SessionRule.of(settings.token(), clock);
    }

    /** Whether a token is set. Without one, every request is admitted. */
    boolean areRequired() {
        return token.isSet();
    }

    /** The decision about a request. */
    sealed interface Admission {
        /** The request has the token or a session, or no token is set. */
        record Admitted() implements Admission {}

        /** The request has neither token nor session, or the token is wrong. */
        record Refused() implements Admission {}

        /** Too many wrong tokens came from this address, so the token was not checked. */
        record Throttled(Duration delay) implements Admission {}
    }

    Admission admit(HttpServerRequest request) {
        if (!areRequired() || hasSession(request)) {
            return new Admission.Admitted();
        }
        List<String> authorizations = request.headers().getAll(HttpHeaders.AUTHORIZATION);
        if (authorizations.isEmpty()) {
            return new Admission.Refused();
        }
        String address = WrongTokens.key(request.remoteAddress());
        Optional<Duration> delay = wrongTokens.delay(address);
        if (delay.isPresent()) {
            return new Admission.Throttled(delay.get());
        }
        if (token.admits(authorizations)) {
            return new Admission.Admitted();
        }
        wrongTokens.count(address);
        return new Admission.Refused();
    }

    private boolean hasSession(HttpServerRequest request) {
        return session.admits(
                request.cookies(SESSION_COOKIE).stream().map(Cookie::getValue).toList());
    }

    /** The result of a log-in. */
    sealed interface LogIn {
        /**
         * The token is right.
         *
         * @param cookie the value of Set-Cookie
         */
        record Started(String cookie) implements LogIn {}

        /** The token is wrong. */
        record WrongToken() implements LogIn {}

        /** Too many wrong tokens came from this address, so the token was not checked. */
        record Throttled(Duration delay) implements LogIn {}
    }

    /**
     * Checks the token and starts a session.
     *
     * @param https whether the browser uses TLS, so that the cookie is sent over TLS only
     */
    LogIn logIn(String given, HttpServerRequest request, boolean https) {
        String address = WrongTokens.key(request.remoteAddress());
        Optional<Duration> delay = wrongTokens.delay(address);
        if (delay.isPresent()) {
            return new LogIn.Throttled(delay.get());
        }
        if (token.isToken(given)) {
            return new LogIn.Started(cookie(session.start(), SessionRule.LIFE.toSeconds(), https));
        }
        wrongTokens.count(address);
        return new LogIn.WrongToken();
    }

    /** The value of Set-Cookie that deletes the session cookie. */
    static String logOut() {
        return cookie("", 0, false);
    }

    private static String cookie(String value, long maxAgeSeconds, boolean secure) {
        DefaultCookie cookie = new DefaultCookie(SESSION_COOKIE, value);
        cookie.setPath("/");
        cookie.setMaxAge(maxAgeSeconds);
        cookie.setHttpOnly(true);
        cookie.setSecure(secure);
        cookie.setSameSite(SameSite.Strict);
        return ServerCookieEncoder.STRICT.encode(cookie);
    }
}
