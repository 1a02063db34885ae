package dev.imageferry.linode;

import java.io.IOException;
import okhttp3.Headers;
import okhttp3.Response;
import okio.BufferedSource;

/**
 * An answer as it came over the wire.
 *
 * @param body as text; {@link #TOO_LONG} when it was longer than what is taken in
 */
record HttpAnswer(int status, Headers headers, String body) {
    /** No JSON, so that it is read as nonsense and not as an empty answer. */
    static final String TOO_LONG = "…";

    /** Reads the answer; a body over {@code limitBytes} is not kept. */
    static HttpAnswer read(Response response, long limitBytes) throws IOException {
        BufferedSource source = response.body().source();
        boolean tooLong = source.request(limitBytes + 1);
        return new HttpAnswer(response.code(), response.headers(), tooLong ? TOO_LONG : source.readUtf8());
    }

    boolean isSuccess() {
        return status >= 200 && status < 300;
    }
}
