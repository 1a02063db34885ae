package dev.imageferry;

import dev.imageferry.upload.Daemon;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.QuarkusApplication;
import jakarta.enterprise.context.Dependent;

/** The daemon between the start of Quarkus and its stop: while it drains, HTTP and database are still there. */
@Dependent
public final class ImageferryApplication implements QuarkusApplication {
    private final Daemon daemon;

    ImageferryApplication(Daemon daemon) {
        this.daemon = daemon;
    }

    @Override
    public int run(String... arguments) throws InterruptedException {
        daemon.start();
        Quarkus.waitForExit();
        daemon.drain();
        return 0;
    }
}
