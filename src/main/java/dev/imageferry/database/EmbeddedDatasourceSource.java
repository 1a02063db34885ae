package dev.imageferry.database;

import java.util.Map;
import java.util.Set;
import org.eclipse.microprofile.config.spi.ConfigSource;
import org.jspecify.annotations.Nullable;

/**
 * Tells Quarkus where the embedded database is and with which password to log in; empty as long as none was announced. Not by system
 * properties: those are in every diagnostic dump. Found through {@code META-INF/services}.
 */
public final class EmbeddedDatasourceSource implements ConfigSource {
    /** Above system properties (400): it speaks only when no JDBC URL is set, and then a stray user name must not win. */
    private static final int ORDINAL = 500;

    private static volatile Map<String, String> announced = Map.of();

    /** Announces a database to the Quarkus application that starts next in this JVM. */
    public static void announce(EmbeddedDatabase database) {
        announced = Map.of(
                "quarkus.datasource.jdbc.url", database.jdbcUrl(),
                "quarkus.datasource.username", database.username(),
                "quarkus.datasource.password", database.password());
    }

    /** Whether the database is an embedded one: ours alone, by the lock on its folder. */
    public static boolean isAnnounced() {
        return !announced.isEmpty();
    }

    @Override
    public int getOrdinal() {
        return ORDINAL;
    }

    @Override
    public Set<String> getPropertyNames() {
        return announced.keySet();
    }

    @Override
    public @Nullable String getValue(String name) {
        return announced.get(name);
    }

    @Override
    public String getName() {
        return "embedded database";
    }
}
