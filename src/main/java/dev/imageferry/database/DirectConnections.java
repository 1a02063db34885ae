package dev.imageferry.database;

import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Optional;
import java.util.Properties;
import javax.sql.DataSource;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.postgresql.ds.PGSimpleDataSource;

/** Opens connections outside the pool, for migrations, which can take long, and heartbeats, which must not wait for the pool. */
@Singleton
public final class DirectConnections {
    private final String url;
    private final Optional<String> username;
    private final Optional<String> password;
    private final TablesSchema schema;

    public DirectConnections(
            @ConfigProperty(name = "quarkus.datasource.jdbc.url") String url,
            @ConfigProperty(name = "quarkus.datasource.username") Optional<String> username,
            @ConfigProperty(name = "quarkus.datasource.password") Optional<String> password,
            TablesSchema schema) {
        this.url = url;
        this.username = username;
        this.password = password;
        this.schema = schema;
    }

    /**
     * Opens a session with these settings.
     *
     * @param applicationName for {@code pg_stat_activity}
     */
    public Connection open(SessionSettings settings, String applicationName) throws SQLException {
        Properties properties = settings.properties(applicationName);
        username.ifPresent(value -> properties.setProperty("user", value));
        password.ifPresent(value -> properties.setProperty("password", value));
        Connection connection = DriverManager.getConnection(url, properties);
        try {
            settings.apply(connection, schema.nameOrNull());
            return connection;
        } catch (SQLException e) {
            try {
                connection.close();
            } catch (SQLException suppressed) {
                e.addSuppressed(suppressed);
            }
            throw e;
        }
    }

    /** A data source that opens a new connection each time. */
    DataSource dataSource(SessionSettings settings, String applicationName) {
        return new PGSimpleDataSource() {
            private static final long serialVersionUID = 1L;

            @Override
            public Connection getConnection() throws SQLException {
                return open(settings, applicationName);
            }
        };
    }

    /** Whether the JDBC URL names a schema. */
    boolean namesSchema() {
        return url.matches("(?s).*[?&]currentSchema=[^&]+.*");
    }
}
