package dev.imageferry.cli;

import java.util.Map;
import okhttp3.HttpUrl;
import org.jspecify.annotations.Nullable;

/** Which daemon the commands talk to, from {@code IMAGEFERRY_URL} and {@code IMAGEFERRY_API_TOKEN}. */
final class DaemonAddress {
    static final String URL_VARIABLE = "IMAGEFERRY_URL";
    static final String TOKEN_VARIABLE = "IMAGEFERRY_API_TOKEN";
    static final String DEFAULT_URL = "http://127.0.0.1:8080";

    private final HttpUrl url;
    private final @Nullable String token;

    private DaemonAddress(HttpUrl url, @Nullable String token) {
        this.url = url;
        this.token = token;
    }

    static DaemonAddress of(Map<String, String> environment) throws CommandFailure {
        String text = environment.getOrDefault(URL_VARIABLE, "").strip();
        HttpUrl url = HttpUrl.parse(text.isEmpty() ? DEFAULT_URL : text);
        if (url == null || url.query() != null || url.fragment() != null) {
            throw new CommandFailure(
                    ExitStatus.WRONG_CALL,
                    "Bad value %s=%s: expected an address such as %s"
                            .formatted(URL_VARIABLE, FileReport.shown(text), DEFAULT_URL));
        }
        if (!url.username().isEmpty() || !url.password().isEmpty()) {
            throw new CommandFailure(
                    ExitStatus.WRONG_CALL,
                    "%s must not contain a user name or password: set %s to the token"
                            .formatted(URL_VARIABLE, TOKEN_VARIABLE));
        }
        return new DaemonAddress(url, token(environment));
    }

    private static @Nullable String token(Map<String, String> environment) throws CommandFailure {
        String token = environment.getOrDefault(TOKEN_VARIABLE, "").strip();
        if (token.chars().anyMatch(c -> c <= ' ' || c >= 0x7f)) {
            throw new CommandFailure(
                    ExitStatus.WRONG_CALL,
                    "Bad value of %s: expected visible ASCII characters without spaces".formatted(TOKEN_VARIABLE));
        }
        return token.isEmpty() ? null : token;
    }

    HttpUrl url() {
        return url;
    }

    @Nullable
    String tokenOrNull() {
        return token;
    }

    /** Without the token. */
    @Override
    public String toString() {
        String text = url.toString();
        return text.endsWith("/") ? text.substring(0, text.length() - 1) : text;
    }
}
