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

/** What a request may show to be let in: the token, or the session that the page's log-in began. */
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

    /** Whether a token is set at all: without one everybody is let in. */
    boolean areAsked() {
        return token.isSet();
    }

    /** What becomes of a request. */
    sealed interface Admission {
        /** It shows the token or a session, or need not. */
        record Admitted() implements Admission {}

        /** It shows neither. */
        record Refused() implements Admission {}

        /** Its token was not looked at: too many wrong ones came from its address. */
        record HeldUp(Duration delay) implements Admission {}
    }

    Admission admit(HttpServerRequest request) {
        if (!areAsked() || hasSession(request)) {
            return new Admission.Admitted();
        }
        List<String> authorizations = request.headers().getAll(HttpHeaders.AUTHORIZATION);
        if (authorizations.isEmpty()) {
            return new Admission.Refused();
        }
        String address = WrongTokens.key(request.remoteAddress());
        Optional<Duration> delay = wrongTokens.delay(address);
        if (delay.isPresent()) {
            return new Admission.HeldUp(delay.get());
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

    /** What becomes of a log-in. */
    sealed interface LogIn {
        /**
         * The token was right.
         *
         * @param cookie the value of Set-Cookie
         */
        record Begun(String cookie) implements LogIn {}

        /** The token was wrong. */
        record Wrong() implements LogIn {}

        /** The token was not looked at: too many wrong ones came from this address. */
        record HeldUp(Duration delay) implements LogIn {}
    }

    /**
     * Begins a session for a client that has shown the token.
     *
     * @param https whether the browser came by TLS and so will come by it again
     */
    LogIn logIn(String shown, HttpServerRequest request, boolean https) {
        String address = WrongTokens.key(request.remoteAddress());
        Optional<Duration> delay = wrongTokens.delay(address);
        if (delay.isPresent()) {
            return new LogIn.HeldUp(delay.get());
        }
        if (token.isToken(shown)) {
            return new LogIn.Begun(cookie(session.begin(), SessionRule.LIFE.toSeconds(), https));
        }
        wrongTokens.count(address);
        return new LogIn.Wrong();
    }

    /** The value of Set-Cookie that has the browser forget its session. */
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
