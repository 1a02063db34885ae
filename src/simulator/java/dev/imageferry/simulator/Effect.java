package dev.imageferry.simulator;

import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a {@link Fault} does. */
public sealed interface Effect {

    /** Befalls a request. */
    sealed interface OnRequest extends Effect {}

    /** Befalls a request of any operation. */
    sealed interface OnCall extends OnRequest {}

    /** Befalls a request of the API. */
    sealed interface OnApi extends OnCall {}

    /** Befalls a PUT to the bucket. */
    sealed interface OnPut extends OnRequest {}

    /** Befalls the making of an image from a stored object. */
    sealed interface OnProcessing extends Effect {}

    /** Befalls the copying of an image to a further region. */
    sealed interface OnReplication extends Effect {}

    /** Answers instead of handling. A PUT's body is read first and dropped. */
    record AnswerInstead(Answer answer) implements OnCall {}

    /** Handles, and then answers this: the client is told nothing of the effect. */
    record HandleThenAnswer(Answer answer) implements OnCall {}

    /** Handles, and ends the true answer in the middle of its JSON. */
    record TruncateAnswer(int characters) implements OnCall {}

    /** Handles, and closes the connection instead of answering. */
    record HandleThenCut() implements OnCall {}

    /** Closes the connection when the request has arrived; nothing is done. */
    record CutBeforeHandling() implements OnCall {}

    /** Handles, and answers so much later, on the connection that stays. */
    record DelayAnswer(Duration delay) implements OnCall {}

    /** Closes the connection, and handles so much later: the effect appears when the client looks no longer. */
    record HandleLater(Duration delay) implements OnCall {}

    /**
     * Handles, and answers without this field: at the top, in {@code image}, and in each row of {@code data}. An event,
     * an image or a page then lacks it.
     */
    record WithoutField(String field) implements OnApi {}

    /**
     * Handles, and answers with another value of this field: in each row of {@code data}, in {@code image}, or at the top
     * where there is neither. E.g. a status that no client knows.
     */
    record WithField(String field, @Nullable Object value) implements OnApi {}

    /**
     * Handles, and answers with a list that lacks these images, as while a list lags behind.
     *
     * @param counted whether the announced number of results still counts them, so that a client can tell
     */
    record WithoutImages(Set<String> ids, boolean counted) implements OnApi {
        public WithoutImages {
            ids = Set.copyOf(ids);
        }
    }

    /** Closes the connection when so many bytes of the body have come (0: at the headers); nothing is stored. */
    record CutAfter(long bytes) implements OnPut {}

    /** Answers at the headers, reads nothing of the body, and closes while the client still writes. */
    record AnswerEarly(Answer answer) implements OnPut {}

    /** Reads the body no faster than this. */
    record ReadSlowly(long bytesPerSecond) implements OnPut {}

    /**
     * Reads no more after so many bytes. The socket's buffers still take some. The connection is closed after the
     * limit; the PUT does not count as being in progress from the stall on, because a server that does not read cannot
     * see its client go.
     */
    record StallAfter(long bytes, Duration limit) implements OnPut {}

    /** Stores, and answers with another ETag (without quotes) than the MD5. */
    record WrongETag(String etag) implements OnPut {}

    /**
     * The image is deleted and its event gets status {@code failed} with the message. Each can lag, counted from the
     * end of the processing time.
     */
    record ProcessingFails(String message, Duration eventLag, Duration deletionLag) implements OnProcessing {}

    /** The image stays {@code pending_upload} beside its event, which gets status {@code failed} with the message. */
    record FailsAndStaysPending(String message) implements OnProcessing {}

    /** The image is deleted and no event says why. */
    record Vanishes() implements OnProcessing {}

    /** The image stays as it is for ever. */
    record ProcessingNeverEnds() implements OnProcessing {}

    /** A new region's copy ends with this status, e.g. {@code timedout}, instead of {@code available}. */
    record ReplicationEndsAs(String status) implements OnReplication {}

    /** The image itself shows {@code creating} until the new region's copy is made. */
    record CreatingWhileCopied() implements OnReplication {}
}
