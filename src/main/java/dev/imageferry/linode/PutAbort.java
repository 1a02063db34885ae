package dev.imageferry.linode;

import java.io.IOException;
import java.io.Serial;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Why this process aborted a PUT. The first reason wins. */
final class PutAbort {
    private final AtomicReference<@Nullable PutResult> result = new AtomicReference<>();

    /** Thrown while the body is written, so that OkHttp closes the connection before the end of the body. */
    static final class Aborted extends IOException {
        @Serial
        private static final long serialVersionUID = 1L;

        Aborted() {
            super("aborted by Imageferry");
        }
    }

    /** Sets the result; false if there already is one. */
    boolean set(PutResult reason) {
        return result.compareAndSet(null, reason);
    }

    Aborted because(PutResult reason) {
        set(reason);
        return new Aborted();
    }

    @Nullable
    PutResult resultOrNull() {
        return result.get();
    }
}
