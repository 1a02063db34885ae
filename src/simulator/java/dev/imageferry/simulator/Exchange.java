package dev.imageferry.simulator;

import dev.imageferry.simulator.RecordedRequest.Ending;
import dev.imageferry.simulator.RecordedRequest.Header;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A request under way and how far it is; guarded by {@link Changes}. */
final class Exchange {
    private final Changes changes;
    private final long sequence;
    private final Instant at;
    private final Operation operation;
    private final String method;
    private final String path;
    private final List<Header> headers;
    private long bodyBytes;
    private String body = "";
    private @Nullable String label;
    private @Nullable String imageId;
    private int status;
    private Ending ending = Ending.UNDER_WAY;
    private boolean stored;
    private boolean putting;

    Exchange(
            Changes changes,
            long sequence,
            Instant at,
            Operation operation,
            String method,
            String path,
            List<Header> headers) {
        this.changes = changes;
        this.sequence = sequence;
        this.at = at;
        this.operation = operation;
        this.method = method;
        this.path = path;
        this.headers = headers;
    }

    Operation operation() {
        return operation;
    }

    void about(@Nullable String itsLabel, @Nullable String itsId) {
        synchronized (changes) {
            label = itsLabel;
            imageId = itsId;
        }
    }

    void body(String text, long bytes) {
        synchronized (changes) {
            body = text;
            bodyBytes = bytes;
        }
    }

    void received(long bytes) {
        synchronized (changes) {
            bodyBytes += bytes;
            changes.happened();
        }
    }

    void stored() {
        synchronized (changes) {
            stored = true;
            changes.happened();
        }
    }

    /** A PUT's body is being read from here on. */
    void putting(boolean now) {
        synchronized (changes) {
            putting = now;
            changes.happened();
        }
    }

    boolean isPutting() {
        synchronized (changes) {
            return putting;
        }
    }

    /** Set before the answer is written, so that a client that has the answer finds it here. */
    void answering(int withStatus) {
        end(Ending.ANSWERED, withStatus);
    }

    void cut() {
        end(Ending.CUT, 0);
    }

    void clientGone() {
        end(Ending.CLIENT_GONE, 0);
    }

    private void end(Ending how, int withStatus) {
        synchronized (changes) {
            if (ending == Ending.UNDER_WAY) {
                ending = how;
                status = withStatus;
                changes.happened();
            }
        }
    }

    Fault.Target target() {
        synchronized (changes) {
            int query = path.indexOf('?');
            return new Fault.Target(operation, method, query < 0 ? path : path.substring(0, query), label, imageId);
        }
    }

    RecordedRequest snapshot() {
        synchronized (changes) {
            return new RecordedRequest(
                    sequence, at, operation, method, path, headers, bodyBytes, body, label, imageId, status, ending,
                    stored);
        }
    }
}
