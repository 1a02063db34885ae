package dev.imageferry.queue;

import dev.imageferry.job.Job;
import java.util.Objects;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** Adds a notification for each outcome that this instance records, if this instance sends notifications. */
public final class Outbox {
    /** Adds nothing. */
    public static final Outbox UNUSED = new Outbox(null);

    private static final String ADD = "INSERT INTO notification (job_id, outcome, body) VALUES (:job, :outcome, :body)";

    private final @Nullable Body bodyOrNull;

    /** Writes the body of a notification. */
    @FunctionalInterface
    public interface Body {
        String of(Job ended);
    }

    private Outbox(@Nullable Body bodyOrNull) {
        this.bodyOrNull = bodyOrNull;
    }

    /** Returns an outbox that is used. */
    public static Outbox with(Body body) {
        return new Outbox(body);
    }

    boolean isUsed() {
        return bodyOrNull != null;
    }

    /** Adds the notification about the outcome of the job, in the transaction that wrote the outcome. */
    void add(Handle handle, Job ended) {
        handle.createUpdate(ADD)
                .bind("job", ended.id())
                .bind("outcome", ended.state().name())
                .bind(
                        "body",
                        Objects.requireNonNull(bodyOrNull, "the outbox is not used")
                                .of(ended))
                .execute();
    }
}
