package dev.imageferry;

import dev.imageferry.daemon.Daemon;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.QuarkusApplication;
import jakarta.enterprise.context.Dependent;

/** Starts the daemon and waits until Quarkus stops. */
@Dependent
public final class ImageferryApplication implements QuarkusApplication {
    private final Daemon daemon;

    ImageferryApplication(Daemon daemon) {
        this.daemon = daemon;
    }

    @Override
    public int run(String... arguments) {
        daemon.start();
        Quarkus.waitForExit();
        return 0;
    }
}
