package dev.imageferry.web;

import io.netty.handler.codec.http.cookie.CookieHeaderNames.SameSite;
import io.netty.handler.codec.http.cookie.DefaultCookie;
import io.netty.handler.codec.http.cookie.ServerCookieEncoder;
import io.vertx.core.http.Cookie;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import jakarta.inject.Singleton;
import java.time.InstantSource;
import java.util.Optional;

/** What a request may show to be let in: the token, or the session that the page's log-in began. */
@Singleton
final class Credentials {
    static final String SESSION_COOKIE = "imageferry-session";

    private final TokenRule token;
    private final SessionRule session;

    Credentials(ApiSettings settings, InstantSource clock) {
        this.token = TokenRule.of(settings.token());
        this.session = SessionRule.of(settings.token(), clock);
    }

    /** Whether a token is set at all: without one everybody is let in. */
    boolean areAsked() {
        return token.isSet();
    }

    boolean admit(HttpServerRequest request) {
        return token.admits(request.headers().getAll(HttpHeaders.AUTHORIZATION))
                || session.admits(request.cookies(SESSION_COOKIE).stream()
                        .map(Cookie::getValue)
                        .toList());
    }

    /**
     * The value of Set-Cookie for one who has shown the token; empty for anything else.
     *
     * @param https whether the browser came by TLS and so will come by it again
     */
    Optional<String> logIn(String shown, boolean https) {
        return token.isToken(shown)
                ? Optional.of(cookie(session.begin(), SessionRule.LIFE.toSeconds(), https))
                : Optional.empty();
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
