package dev.imageferry.queue;

import dev.imageferry.database.Outage;
import io.agroal.api.AgroalDataSource;
import io.agroal.api.AgroalDataSource.FlushMode;
import jakarta.inject.Singleton;

/** Replaces the pool's connections, because an outage can leave some that are alive and of no use. */
@Singleton
public final class Connections {
    private final AgroalDataSource pool;

    Connections(AgroalDataSource pool) {
        this.pool = pool;
    }

    /** Closes all connections: idle ones at once, those in use when they are given back. Returns at once. */
    public void renew() {
        pool.flush(FlushMode.GRACEFUL);
    }

    /** The same when the failure says that its session will never be of use again. */
    public void renewAfter(Throwable failure) {
        if (Outage.needsFreshSessions(failure)) {
            renew();
        }
    }
}
