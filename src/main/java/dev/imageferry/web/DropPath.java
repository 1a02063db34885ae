package dev.imageferry.web;

import io.vertx.core.http.HttpServerRequest;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * Decodes the path of a file in {@code PUT /api/v1/drop/…} from the request line. The framework would replace bytes that are
 * not UTF-8, remove matrix parameters and resolve dot segments, and so change the name of the file.
 */
final class DropPath {
    private static final String PREFIX = "/api/v1/drop/";

    private DropPath() {}

    /**
     * The percent-decoded path.
     *
     * @throws IllegalArgumentException if the path cannot be decoded exactly; the message is for the client
     */
    static String of(HttpServerRequest request) {
        if (request.query() != null) {
            throw new IllegalArgumentException(
                    "This call takes no query parameters. Write a question mark in a file name as %3F.");
        }
        String path = request.path();
        if (!path.startsWith(PREFIX)) {
            throw new IllegalArgumentException(
                    "The path must start with " + PREFIX + ", written without dot segments and percent-encoding.");
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
                        "The character at position " + i + " of the file name must be percent-encoded.");
            }
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes.toByteArray()))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException(
                    "The percent-decoded file name is not UTF-8. Rename the file and send it again.", e);
        }
    }

    private static int octet(String raw, int percent) {
        int high = percent + 2 < raw.length() ? Character.digit(raw.charAt(percent + 1), 16) : -1;
        int low = percent + 2 < raw.length() ? Character.digit(raw.charAt(percent + 2), 16) : -1;
        if (high < 0 || low < 0) {
            throw new IllegalArgumentException("The percent sign at position " + percent
                    + " of the file name is not followed by two hexadecimal digits. Write a percent sign as %25.");
        }
        return high << 4 | low;
    }
}
