package dev.imageferry.daemon;

import dev.imageferry.database.DatabaseStartException;
import dev.imageferry.database.EmbeddedDatabase;
import dev.imageferry.queue.Connections;
import dev.imageferry.queue.QueueAccess;
import io.agroal.api.AgroalDataSource;
import io.agroal.api.configuration.supplier.AgroalDataSourceConfigurationSupplier;
import io.agroal.api.security.NamePrincipal;
import io.agroal.api.security.SimplePassword;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Comparator;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;

/** One PostgreSQL server for all pipeline tests of this JVM, with the daemon's own pool and empty tables for each test. */
public final class PipelineDatabase {
    private static final PipelineDatabase INSTANCE = new PipelineDatabase();

    private final EmbeddedDatabase server;
    private final AgroalDataSource pool;

    private PipelineDatabase() {
        try {
            Path directory = Files.createTempDirectory("imageferry-pipeline");
            server = EmbeddedDatabase.start(directory.resolve("postgres"));
            pool = AgroalDataSource.from(new AgroalDataSourceConfigurationSupplier()
                    .connectionPoolConfiguration(configuration -> configuration
                            .maxSize(8)
                            .acquisitionTimeout(Duration.ofSeconds(5))
                            .connectionFactoryConfiguration(factory -> factory.jdbcUrl(server.jdbcUrl())
                                    // no test crashes PostgreSQL
                                    .jdbcProperty("options", "-c synchronous_commit=off")
                                    .principal(new NamePrincipal(server.username()))
                                    .credential(new SimplePassword(server.password())))));
            Flyway.configure()
                    .dataSource(pool)
                    .locations("classpath:db/migration")
                    .load()
                    .migrate();
            Runtime.getRuntime().addShutdownHook(new Thread(() -> close(directory)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (DatabaseStartException | SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private void close(Path directory) {
        pool.close();
        server.close();
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Empties the tables and returns the pool. */
    public static DataSource emptied() {
        try (Connection connection = INSTANCE.pool.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("DELETE FROM job");
            statement.execute("DELETE FROM notification");
            statement.execute("DELETE FROM instance");
            statement.execute("UPDATE total SET value = 0");
            statement.execute("UPDATE control SET paused = false, bandwidth = NULL");
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        return INSTANCE.pool;
    }

    public static Connections connections() {
        return QueueAccess.connections(INSTANCE.pool);
    }

    public static String url() {
        return INSTANCE.server.jdbcUrl();
    }

    public static String username() {
        return INSTANCE.server.username();
    }

    public static String password() {
        return INSTANCE.server.password();
    }
}
