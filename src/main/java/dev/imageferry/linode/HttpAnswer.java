package dev.imageferry.linode;

import java.io.IOException;
import okhttp3.Headers;
import okhttp3.Response;
import okio.BufferedSource;

/**
 * An HTTP answer.
 *
 * @param body as text; {@link #TOO_LONG} if it exceeds the limit
 */
record HttpAnswer(int status, Headers headers, String body) {
    /** Not JSON, so that it counts as an unreadable and not as an empty answer. */
    static final String TOO_LONG = "…";

    static HttpAnswer read(Response response, long limitBytes) throws IOException {
        BufferedSource source = response.body().source();
        boolean tooLong = source.request(limitBytes + 1);
        return new HttpAnswer(response.code(), response.headers(), tooLong ? TOO_LONG : source.readUtf8());
    }

    boolean isSuccess() {
        return status >= 200 && status < 300;
    }
}
