package dev.imageferry.simulator;

import java.util.function.Consumer;

/**
 * Is told of a request's progress, synchronously on a worker thread: the request stands still until the call returns,
 * so a test can kill the client at exactly that point.
 */
@FunctionalInterface
public interface RequestListener {
    /** A point in the life of a request. */
    enum Moment {
        /** The headers are here (of an API request also the body), nothing was done yet. */
        ARRIVED,
        /** A PUT has received {@link #putBytes()} bytes or a few more. Nothing is stored yet, even if these are all. */
        RECEIVED_BYTES,
        /** The effect is there, the answer is not out. */
        HANDLED,
        /** The answer was written to the socket. */
        ANSWERED
    }

    void at(Moment moment, RecordedRequest request);

    /** How many bytes a PUT must have received for {@link Moment#RECEIVED_BYTES}; none is told by default. */
    default long putBytes() {
        return Long.MAX_VALUE;
    }

    /** Called each time a request of this operation comes to this moment. */
    static RequestListener on(Operation operation, Moment moment, Consumer<RecordedRequest> action) {
        return (reached, request) -> {
            if (reached == moment && request.operation() == operation) {
                action.accept(request);
            }
        };
    }

    /** Called each time a PUT has received so many bytes. */
    static RequestListener onPutBytes(long bytes, Consumer<RecordedRequest> action) {
        return new RequestListener() {
            @Override
            public void at(Moment moment, RecordedRequest request) {
                if (moment == Moment.RECEIVED_BYTES) {
                    action.accept(request);
                }
            }

            @Override
            public long putBytes() {
                return bytes;
            }
        };
    }
}
