package dev.imageferry.queue;

import dev.imageferry.database.Outage;
import io.agroal.api.AgroalDataSource;
import io.agroal.api.AgroalDataSource.FlushMode;
import jakarta.inject.Singleton;

/** Replaces the connections of the pool, because an outage can leave connections that are open but unusable. */
@Singleton
public final class Connections {
    private final AgroalDataSource pool;

    Connections(AgroalDataSource pool) {
        this.pool = pool;
    }

    /** Closes idle connections at once and the others when they are returned. Does not block. */
    public void renew() {
        pool.flush(FlushMode.GRACEFUL);
    }

    /** Renews the connections if the failure shows that its session is permanently unusable. */
    public void renewAfter(Throwable failure) {
        if (Outage.needsFreshSessions(failure)) {
            renew();
        }
    }
}
