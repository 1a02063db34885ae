package dev.imageferry.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.imageferry.database.DebianPostgres;
import dev.imageferry.database.DirectConnections;
import dev.imageferry.database.Outage;
import dev.imageferry.database.SchemaMigration;
import dev.imageferry.database.SessionSettings;
import dev.imageferry.database.TablesSchema;
import io.agroal.api.AgroalDataSource;
import io.agroal.api.configuration.AgroalConnectionPoolConfiguration;
import io.agroal.api.configuration.supplier.AgroalDataSourceConfigurationSupplier;
import io.agroal.api.exceptionsorter.PostgreSQLExceptionSorter;
import io.agroal.api.security.NamePrincipal;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** Tests with a primary, a standby and PgBouncer in transaction mode, from Debian packages. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class FailoverTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final LeaseSettings LEASE = () -> Duration.ofSeconds(24);
    private static final String WRITE = "UPDATE total SET value = value + 1 WHERE name = 'delivered_bytes'";

    @TempDir
    static Path root;

    private static DebianPostgres primary;
    private static DebianPostgres standby;

    @BeforeAll
    static void start() throws Exception {
        Path home = root.toRealPath();
        primary = DebianPostgres.start(home.resolve("primary"));
        standby = primary.standby(home.resolve("standby"));
    }

    @AfterAll
    static void stop() throws Exception {
        if (standby != null) {
            standby.stop();
        }
        if (primary != null) {
            primary.stop();
        }
    }

    @Test
    @Order(1)
    void works_through_a_transaction_pooler_and_names_a_missing_url_parameter() throws Exception {
        int port = DebianPostgres.freePort();
        Process pooler = primary.pooler(root.toRealPath().resolve("pgbouncer"), port);
        try {
            String url = "jdbc:postgresql://127.0.0.1:" + port + "/" + DebianPostgres.DATABASE + "?sslmode=disable";
            TablesSchema schema = new TablesSchema();
            DebianPostgres.migration(url + "&prepareThreshold=0", schema).migrateWhenReachable();
            assertThat(schema.nameOrNull()).isEqualTo("public");

            try (AgroalDataSource pool = pool(url + "&prepareThreshold=0", schema)) {
                writeBySeveral(pool);
            }
            try (AgroalDataSource pool = pool(url, schema)) {
                assertThatThrownBy(() -> writeBySeveral(pool))
                        .satisfies(failure -> assertThat(Outage.of(failure))
                                .hasValueSatisfying(reason -> assertThat(reason).contains("prepareThreshold=0")));
            }
            assertThatThrownBy(() -> direct(url + "&currentSchema=public", schema)
                            .open(SessionSettings.forLease(LEASE.duration()), "test"))
                    .satisfies(failure -> assertThat(Outage.of(failure))
                            .hasValueSatisfying(reason -> assertThat(reason).contains("ignore_startup_parameters")));
        } finally {
            pooler.destroy();
            assertThat(pooler.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
        }
    }

    /** Uses more sessions than the pooler has server connections, and repeats one statement until the driver prepares it. */
    private static void writeBySeveral(DataSource pool) throws SQLException {
        List<Connection> sessions = new ArrayList<>();
        try {
            for (int i = 0; i < 4; i++) {
                sessions.add(pool.getConnection());
            }
            for (int i = 0; i < 12; i++) {
                for (Connection session : sessions) {
                    write(session);
                }
            }
        } finally {
            for (Connection session : sessions) {
                session.close();
            }
        }
    }

    private static void write(Connection session) throws SQLException {
        try (PreparedStatement statement = session.prepareStatement(WRITE)) {
            statement.executeUpdate();
        }
    }

    @Test
    @Order(2)
    void uses_only_new_sessions_after_a_failover() throws Exception {
        String hosts = "jdbc:postgresql://127.0.0.1:%d,127.0.0.1:%d/%s?targetServerType=primary&sslmode=disable"
                .formatted(primary.port(), standby.port(), DebianPostgres.DATABASE);
        TablesSchema schema = new TablesSchema();
        DebianPostgres.migration(hosts, schema).migrateWhenReachable();
        // a daemon that starts during the failover with only the standby in its URL
        LinkedBlockingQueue<String> reasons = new LinkedBlockingQueue<>();
        SchemaMigration late = DebianPostgres.migration(
                "jdbc:postgresql://127.0.0.1:%d/%s?sslmode=disable".formatted(standby.port(), DebianPostgres.DATABASE),
                new TablesSchema());
        late.whileWaiting(reasons::add);
        Thread starting = Thread.ofPlatform().daemon().start(late::migrateWhenReachable);
        assertThat(reasons.poll(LIMIT.toSeconds(), TimeUnit.SECONDS)).contains("standby", "targetServerType=primary");
        try (AgroalDataSource pool = pool(hosts, schema)) {
            assertThat(portOf(pool)).isEqualTo(primary.port());

            primary.kill();
            assertThatThrownBy(() -> writeOnce(pool))
                    .satisfies(failure -> assertThat(DatabaseOutage.of(failure)).isPresent());
            standby.promote();

            writeUntilDone(pool);
            assertThat(portOf(pool)).isEqualTo(standby.port());
            try (Connection heartbeat =
                    direct(hosts, schema).open(SessionSettings.forLease(LEASE.duration()), "test")) {
                write(heartbeat);
            }
        }
        assertThat(starting.join(LIMIT)).isTrue();
        assertThat(late.migrated()).isTrue();
    }

    /** Simulates an open session of a demoted primary: it stays valid and read-only. */
    @Test
    @Order(3)
    void renewing_the_pool_replaces_read_only_sessions() throws Exception {
        String url =
                "jdbc:postgresql://127.0.0.1:%d/%s?sslmode=disable".formatted(standby.port(), DebianPostgres.DATABASE);
        try (AgroalDataSource pool = pool(url, new TablesSchema())) {
            try (Connection connection = pool.getConnection();
                    Statement statement = connection.createStatement()) {
                statement.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY");
            }
            assertThatThrownBy(() -> writeOnce(pool))
                    .satisfies(failure -> assertThat(DatabaseOutage.of(failure)).isPresent());

            new Connections(pool).renew();

            writeUntilDone(pool);
        }
    }

    private static void writeOnce(DataSource pool) throws SQLException {
        try (Connection connection = pool.getConnection()) {
            write(connection);
        }
    }

    /** Repeats a write until it succeeds. Every failure must be an outage. */
    private static void writeUntilDone(DataSource pool) {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (true) {
            try {
                writeOnce(pool);
                return;
            } catch (SQLException e) {
                assertThat(DatabaseOutage.of(e)).as(e.toString()).isPresent();
                assertThat(System.nanoTime()).as(e.toString()).isLessThan(deadline);
            }
        }
    }

    private static int portOf(DataSource pool) throws SQLException {
        try (Connection connection = pool.getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT inet_server_port()")) {
            row.next();
            return row.getInt(1);
        }
    }

    private static DirectConnections direct(String url, TablesSchema schema) {
        return new DirectConnections(url, Optional.of(DebianPostgres.ROLE), Optional.empty(), schema);
    }

    private static AgroalDataSource pool(String url, TablesSchema schema) throws SQLException {
        AgroalDataSource pool = AgroalDataSource.from(new AgroalDataSourceConfigurationSupplier()
                .connectionPoolConfiguration(settings -> settings.maxSize(4)
                        .acquisitionTimeout(Duration.ofSeconds(5))
                        // same as Quarkus
                        .validateOnBorrow(true)
                        .connectionValidator(AgroalConnectionPoolConfiguration.ConnectionValidator.defaultValidator())
                        .exceptionSorter(new PostgreSQLExceptionSorter())
                        .connectionFactoryConfiguration(
                                factory -> factory.jdbcUrl(url).principal(new NamePrincipal(DebianPostgres.ROLE)))));
        pool.setPoolInterceptors(List.of(new PooledSessions(LEASE, schema)));
        return pool;
    }
}
