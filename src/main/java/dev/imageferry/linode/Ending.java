package dev.imageferry.linode;

import java.io.IOException;
import java.io.Serial;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Why we ended a PUT ourselves; the first reason stays. */
final class Ending {
    private final AtomicReference<@Nullable PutResult> result = new AtomicReference<>();

    /** Leaves the writing of a body, whereupon OkHttp closes the connection: what is missing stays missing. */
    static final class Cut extends IOException {
        @Serial
        private static final long serialVersionUID = 1L;

        Cut() {
            super("cut by us");
        }
    }

    /** Sets the result unless there is one; tells whether it was set. */
    boolean set(PutResult ending) {
        return result.compareAndSet(null, ending);
    }

    Cut cut(PutResult ending) {
        set(ending);
        return new Cut();
    }

    @Nullable
    PutResult orNull() {
        return result.get();
    }
}
