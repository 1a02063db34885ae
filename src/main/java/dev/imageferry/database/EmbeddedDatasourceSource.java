package dev.imageferry.database;

import java.util.Map;
import java.util.Set;
import org.eclipse.microprofile.config.spi.ConfigSource;
import org.jspecify.annotations.Nullable;

/**
 * Passes URL, user and password of the embedded database to Quarkus; empty if there is none. System properties are not used,
 * because diagnostic dumps contain them. Registered in {@code META-INF/services}.
 */
public final class EmbeddedDatasourceSource implements ConfigSource {
    /** Above system properties (400), so that a user name that was set without a JDBC URL has no effect. */
    private static final int ORDINAL = 500;

    private static volatile Map<String, String> announced = Map.of();

    /** Sets the database of the Quarkus application that is started next in this JVM. */
    public static void announce(EmbeddedDatabase database) {
        announced = Map.of(
                "quarkus.datasource.jdbc.url", database.jdbcUrl(),
                "quarkus.datasource.username", database.username(),
                "quarkus.datasource.password", database.password());
    }

    /** Whether the database is embedded, and thus used only by this process. */
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
