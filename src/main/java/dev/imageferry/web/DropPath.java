package dev.imageferry.web;

import io.vertx.core.http.HttpServerRequest;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * The path of a file in {@code PUT /api/v1/drop/…}, read from the request line itself: frameworks replace bytes that are no
 * UTF-8, cut matrix parameters off and resolve dots, and the file would get another name than it was sent with.
 */
final class DropPath {
    private static final String PREFIX = "/api/v1/drop/";

    private DropPath() {}

    /**
     * The exact path, percent-decoded.
     *
     * @throws IllegalArgumentException for one that has no exact decoding; the message says why
     */
    static String of(HttpServerRequest request) {
        if (request.query() != null) {
            throw new IllegalArgumentException(
                    "this call has no query parameters; write a question mark in a name as %3F");
        }
        String path = request.path();
        if (!path.startsWith(PREFIX)) {
            throw new IllegalArgumentException(
                    "the path has to begin with exactly " + PREFIX + ", without dots or percent signs");
        }
        return decode(path.substring(PREFIX.length()));
    }

    static String decode(String raw) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(raw.length());
        for (int i = 0; i < raw.length(); i++) {
            char c = raw.charAt(i);
            if (c == '%') {
                bytes.write(octet(raw, i));
                i += 2;
            } else if (c > ' ' && c < 0x7f) {
                bytes.write(c);
            } else {
                throw new IllegalArgumentException(
                        "the path has a character that must be percent-encoded, at position " + i);
            }
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes.toByteArray()))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException(
                    "the percent-encoded name is not UTF-8: rename the file and send it again", e);
        }
    }

    private static int octet(String raw, int percent) {
        int high = percent + 2 < raw.length() ? Character.digit(raw.charAt(percent + 1), 16) : -1;
        int low = percent + 2 < raw.length() ? Character.digit(raw.charAt(percent + 2), 16) : -1;
        if (high < 0 || low < 0) {
            throw new IllegalArgumentException(
                    "the path has a percent sign without two hexadecimal digits behind it, at position " + percent
                            + "; write a percent sign in a name as %25");
        }
        return high << 4 | low;
    }
}
