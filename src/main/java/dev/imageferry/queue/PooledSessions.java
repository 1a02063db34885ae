package dev.imageferry.queue;

import dev.imageferry.database.SessionSettings;
import dev.imageferry.database.TablesSchema;
import io.agroal.api.AgroalPoolInterceptor;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.SQLException;

/** Gives each new connection of the pool our own session settings. */
@Singleton
final class PooledSessions implements AgroalPoolInterceptor {
    private final SessionSettings settings;
    private final TablesSchema schema;

    PooledSessions(LeaseSettings lease, TablesSchema schema) {
        this.settings = SessionSettings.forLease(lease.duration());
        this.schema = schema;
    }

    @Override
    public void onConnectionCreate(Connection connection) {
        try {
            settings.apply(connection, schema.nameOrNull());
        } catch (SQLException e) {
            try {
                // the pool forgets a connection that is refused here, and does not close it
                connection.close();
            } catch (SQLException suppressed) {
                e.addSuppressed(suppressed);
            }
            throw new IllegalStateException("session settings", e);
        }
    }
}
