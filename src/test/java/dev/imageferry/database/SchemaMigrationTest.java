package dev.imageferry.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.ds.PGSimpleDataSource;

class SchemaMigrationTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    @TempDir
    static Path root;

    private static DatabaseDirectories directories;

    private final CountDownLatch refused = new CountDownLatch(1);
    private PostgresServer server;
    private int port;
    private Path migrations;

    @BeforeAll
    static void unpack() throws Exception {
        directories = new DatabaseDirectories(root);
    }

    @BeforeEach
    void makeServerThatIsDown() throws Exception {
        Path home = directories.next();
        PrivateFiles.makeDirectory(home.resolve("log"));
        server = new PostgresServer(directories.binaries(), home);
        server.initialise("secret");
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        migrations = Files.createDirectories(home.resolve("migrations"));
    }

    @AfterEach
    void stop() throws Exception {
        server.stop();
    }

    @Test
    void waits_for_a_database_that_is_down_and_then_migrates() throws Exception {
        Files.writeString(migrations.resolve("V1__note.sql"), "CREATE TABLE note (text text);");
        SchemaMigration migration = migration();
        Thread thread = Thread.ofPlatform().daemon().start(migration::migrateWhenReachable);
        assertThat(refused.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(migration.migrated()).isFalse();

        server.start(port);

        assertThat(thread.join(LIMIT)).isTrue();
        assertThat(migration.migrated()).isTrue();
    }

    @Test
    void tells_at_once_what_keeps_the_database_from_being_used() throws Exception {
        CompletableFuture<String> away = new CompletableFuture<>();
        SchemaMigration migration = migration();
        Thread thread = Thread.ofPlatform().daemon().start(() -> migration.migrateWhenReachable(away::complete));

        assertThat(away.get(LIMIT.toSeconds(), TimeUnit.SECONDS)).isNotBlank();

        thread.interrupt();
        thread.join(LIMIT.toMillis());
        assertThat(thread.isAlive()).isFalse();
    }

    @Test
    void ends_when_interrupted_while_it_waits() throws Exception {
        SchemaMigration migration = migration();
        Thread thread = Thread.ofPlatform().daemon().start(migration::migrateWhenReachable);
        assertThat(refused.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();

        thread.interrupt();

        assertThat(thread.join(LIMIT)).isTrue();
        assertThat(migration.migrated()).isFalse();
    }

    @Test
    @Timeout(60)
    void does_not_try_a_wrong_migration_for_ever() throws Exception {
        Files.writeString(migrations.resolve("V1__wrong.sql"), "CREATE TABEL note (text text);");
        server.start(port);
        SchemaMigration migration = migration();

        assertThatThrownBy(migration::migrateWhenReachable)
                .isInstanceOf(FlywayException.class)
                .hasMessageContaining("V1__wrong.sql");

        assertThat(migration.migrated()).isFalse();
    }

    private SchemaMigration migration() throws IOException {
        PGSimpleDataSource source = new PGSimpleDataSource() {
            private static final long serialVersionUID = 1L;

            @Override
            public Connection getConnection() throws SQLException {
                try {
                    return super.getConnection();
                } catch (SQLException e) {
                    refused.countDown();
                    throw e;
                }
            }
        };
        source.setUrl("jdbc:postgresql://127.0.0.1:%d/%s".formatted(port, PostgresServer.DATABASE));
        source.setUser(PostgresServer.ROLE);
        source.setPassword("secret");
        return new SchemaMigration(Flyway.configure()
                .dataSource(source)
                .locations("filesystem:" + migrations.toRealPath())
                .load());
    }
}
