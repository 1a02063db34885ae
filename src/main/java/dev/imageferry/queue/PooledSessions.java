package dev.imageferry.queue;

import dev.imageferry.database.SessionSettings;
import dev.imageferry.database.TablesSchema;
import io.agroal.api.AgroalPoolInterceptor;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.SQLException;

/** Applies the session settings to each new connection of the pool. */
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
                // the pool drops a connection that fails here without closing it
                connection.close();
            } catch (SQLException suppressed) {
                e.addSuppressed(suppressed);
            }
            throw new IllegalStateException("cannot apply the session settings", e);
        }
    }
}
