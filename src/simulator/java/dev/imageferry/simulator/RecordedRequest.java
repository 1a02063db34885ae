package dev.imageferry.simulator;

import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A request as it stood when it was looked at. It holds no secret: the value of {@code Authorization} is masked and
 * the query of a bucket's URL (its signature) is left out.
 *
 * @param sequence counts in order of arrival, from 1
 * @param at when its headers had arrived
 * @param path as sent, not decoded; with the query, but for the bucket
 * @param headers in the order and spelling of the client
 * @param bodyBytes bytes of the body received so far
 * @param body the body of an API request; empty for the bucket
 * @param labelOrNull label of the image it is about, as far as known
 * @param imageIdOrNull id of the image it is about; for a create known once it was handled
 * @param status the answer's status, 0 when there is none (yet)
 * @param ending how it ended
 * @param stored whether its bytes are stored in the bucket (also when the answer was lost)
 */
public record RecordedRequest(
        long sequence,
        Instant at,
        Operation operation,
        String method,
        String path,
        List<Header> headers,
        long bodyBytes,
        String body,
        @Nullable String labelOrNull,
        @Nullable String imageIdOrNull,
        int status,
        Ending ending,
        boolean stored) {

    /** How a request ended. */
    public enum Ending {
        /** It has not. */
        UNDER_WAY,
        /** An answer went out. */
        ANSWERED,
        /** The simulator closed the connection without an answer. */
        CUT,
        /** The client closed the connection before it had the answer. */
        CLIENT_GONE
    }

    /** One header line. */
    public record Header(String name, String value) {}

    public RecordedRequest {
        headers = List.copyOf(headers);
    }

    /** The first value of the header, whatever its spelling, or null when it was not sent. */
    public @Nullable String header(String name) {
        for (Header header : headers) {
            if (header.name().toLowerCase(Locale.ROOT).equals(name.toLowerCase(Locale.ROOT))) {
                return header.value();
            }
        }
        return null;
    }
}
