package dev.imageferry.web;

import dev.imageferry.database.DatabaseStartException;
import dev.imageferry.database.EmbeddedDatabase;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.Objects;
import java.util.TimeZone;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * PostgreSQL and an empty drop folder for one test class. Linode is unreachable. The time zone of the JVM and of all database
 * sessions is not UTC, to detect times that are converted to local time.
 */
public final class RealQueue implements QuarkusTestResourceLifecycleManager {
    public static final String ZONE = "Pacific/Auckland";

    private final TimeZone zoneBefore = TimeZone.getDefault();
    private @Nullable Path directory;
    private @Nullable EmbeddedDatabase database;

    @Override
    public Map<String, String> start() {
        TimeZone.setDefault(TimeZone.getTimeZone(ZONE));
        try {
            Path made = Files.createTempDirectory("imageferry-web");
            directory = made;
            EmbeddedDatabase started = EmbeddedDatabase.start(made.resolve("postgres"));
            database = started;
            return Map.of(
                    "quarkus.datasource.jdbc.url", started.jdbcUrl(),
                    "quarkus.datasource.username", started.username(),
                    "quarkus.datasource.password", started.password(),
                    "quarkus.datasource.jdbc.acquisition-timeout", "2s",
                    "imageferry.drop.directory", made.resolve("drop").toString(),
                    "imageferry.drop.settle", "100ms",
                    "imageferry.drop.scan-every", "1s",
                    "imageferry.image.region", "us-ord",
                    "imageferry.linode.token", "invalid",
                    "imageferry.linode.url", "http://127.0.0.1:1");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (DatabaseStartException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Injects a {@link Runnable} that stops the database. */
    @Override
    public void inject(TestInjector injector) {
        injector.injectIntoFields((Runnable) this::stopDatabase, new TestInjector.Annotated(DatabaseStop.class));
    }

    /** Marks the field for the {@link Runnable} that stops the database. */
    @java.lang.annotation.Retention(java.lang.annotation.RetentionPolicy.RUNTIME)
    public @interface DatabaseStop {}

    @Override
    public void stop() {
        stopDatabase();
        TimeZone.setDefault(zoneBefore);
        try (Stream<Path> files = Files.walk(Objects.requireNonNull(directory))) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void stopDatabase() {
        EmbeddedDatabase running = database;
        database = null;
        if (running != null) {
            running.close();
        }
    }
}
