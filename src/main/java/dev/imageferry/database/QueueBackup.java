package dev.imageferry.database;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.imageferry.database.BackupManifest.SequenceState;
import dev.imageferry.database.BackupManifest.TableContent;
import dev.imageferry.database.MoveMarker.Move;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.MigrationVersion;
import org.flywaydb.core.api.configuration.FluentConfiguration;
import org.jspecify.annotations.Nullable;

/**
 * Copies a queue between a database and a file: all rows of one snapshot, the sequences, and the version of the schema. A restore
 * migrates an empty database to that version first, so that later migrations also convert the restored rows.
 */
final class QueueBackup {
    private static final String APPLICATION = "imageferry backup";

    private static final String VERSION = """
            SELECT version FROM flyway_schema_history WHERE success AND version IS NOT NULL ORDER BY installed_rank DESC LIMIT 1
            """;

    private static final String IDENTITY_COLUMNS = """
            SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(?) AND attidentity <> '' AND NOT attisdropped
            """;

    private static final int ROWS_AT_A_TIME = 500;

    /** More than six heartbeats of the default lease. */
    private static final String RUNNING = """
            SELECT string_agg(name, ', ' ORDER BY name) FROM instance WHERE seen_at > now() - interval '2 minutes'
            """;

    private static final String USED = """
            SELECT (SELECT count(*) FROM job) + (SELECT count(*) FROM total WHERE value <> 0)
            """;

    private static final String JOB_COMMENT = "SELECT obj_description(to_regclass('job'), 'pg_class')";

    /** The last action before a restore is committed. */
    @FunctionalInterface
    interface BeforeCommit {
        void run(Connection connection) throws IOException, SQLException;
    }

    private final DirectConnections connections;
    private final FluentConfiguration flyway;

    /** @param flyway the locations of the migrations */
    QueueBackup(DirectConnections connections, FluentConfiguration flyway) {
        this.connections = connections;
        this.flyway = flyway;
    }

    /**
     * Writes a snapshot into a new file, while daemons work with the database. The daemons do not wait for it.
     *
     * @throws BackupException if the database has no tables, or the file exists
     */
    BackupManifest backUp(Path file) throws IOException, SQLException, BackupException {
        try (Connection connection = connections.open(SessionSettings.forMigration(), APPLICATION)) {
            ServerCheck check = ServerCheck.query(connection, connections.namesSchema());
            if (check.errorOrNull() != null) {
                throw new BackupException("Cannot back up: " + check.errorOrNull());
            }
            connection.setSchema(check.schema());
            connection.setAutoCommit(false);
            connection.setReadOnly(true);
            connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            String version = schemaVersion(connection)
                    .orElseThrow(() -> new BackupException("There is nothing to back up: the database has no tables"));
            BackupManifest manifest = BackupFile.<SQLException>write(file, zip -> copyOut(connection, version, zip));
            connection.rollback();
            return manifest;
        }
    }

    private static BackupManifest copyOut(Connection connection, String version, ZipOutputStream zip)
            throws SQLException, IOException {
        List<TableContent> tables = new ArrayList<>();
        List<SequenceState> sequences = new ArrayList<>();
        for (String table : BackupManifest.TABLES) {
            if (value(connection, "SELECT to_regclass('" + table + "')::text", String.class) != null) {
                tables.add(rowsOut(connection, table, zip));
                sequences.addAll(sequences(connection, table));
            } // else the schema is older than the table
        }
        String now = String.valueOf(value(connection, "SELECT now()", OffsetDateTime.class));
        return new BackupManifest(BackupManifest.FORMAT, version, now, tables, sequences);
    }

    private static TableContent rowsOut(Connection connection, String table, ZipOutputStream zip)
            throws SQLException, IOException {
        long count = 0;
        zip.putNextEntry(new ZipEntry(new TableContent(table, 0).entry()));
        try (Statement statement = connection.createStatement()) {
            statement.setFetchSize(ROWS_AT_A_TIME);
            try (ResultSet rows = statement.executeQuery("SELECT row_to_json(each)::text FROM " + table + " AS each")) {
                while (rows.next()) {
                    zip.write((rows.getString(1) + "\n").getBytes(UTF_8));
                    count++;
                }
            }
        }
        zip.closeEntry();
        return new TableContent(table, count);
    }

    private static List<SequenceState> sequences(Connection connection, String table) throws SQLException {
        List<SequenceState> sequences = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(IDENTITY_COLUMNS)) {
            statement.setString(1, table);
            try (ResultSet columns = statement.executeQuery()) {
                while (columns.next()) {
                    sequences.add(sequence(connection, new SequenceState(table, columns.getString(1), 0, false)));
                }
            }
        }
        return sequences;
    }

    private static SequenceState sequence(Connection connection, SequenceState of) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT last_value, is_called FROM " + of.name())) {
            row.next();
            return new SequenceState(of.table(), of.column(), row.getLong(1), row.getBoolean(2));
        }
    }

    /**
     * Restores a backup into an empty database, in one transaction.
     *
     * @param beforeCommit runs when everything else has succeeded
     * @throws BackupException if the file is damaged or newer, the database holds jobs, or a daemon uses it
     */
    BackupManifest restore(Path file, BeforeCommit beforeCommit) throws IOException, SQLException, BackupException {
        try (BackupFile backup = BackupFile.open(file);
                Connection connection = connections.open(SessionSettings.forMigration(), APPLICATION)) {
            BackupManifest manifest = backup.manifest();
            ServerCheck check = ServerCheck.query(connection, connections.namesSchema());
            if (check.errorOrNull() != null) {
                throw new BackupException("Cannot restore: " + check.errorOrNull());
            }
            connection.setSchema(check.schema());
            Optional<String> present = schemaVersion(connection);
            if (present.isEmpty()) {
                migrate(backup, check.schema());
            } else if (!present.get().equals(manifest.schemaVersion())) {
                throw new BackupException(
                        "The tables in the schema %s have the version %s, and %s has the version %s: restore it into a database without tables"
                                .formatted(check.schema(), present.get(), file, manifest.schemaVersion()));
            }
            connection.setAutoCommit(false);
            requireUnused(connection);
            copyIn(connection, backup);
            beforeCommit.run(connection);
            connection.commit();
            return manifest;
        }
    }

    private void migrate(BackupFile backup, String schema) throws BackupException {
        MigrationVersion version =
                MigrationVersion.fromVersion(backup.manifest().schemaVersion());
        FluentConfiguration target = Flyway.configure(flyway.getClassLoader())
                .configuration(flyway)
                .dataSource(connections.dataSource(SessionSettings.forMigration(), APPLICATION))
                .initSql(SchemaMigration.FIND_EXTENSIONS)
                .defaultSchema(schema);
        if (Arrays.stream(target.load().info().all()).noneMatch(known -> version.equals(known.getVersion()))) {
            throw new BackupException(
                    "%s has the schema version %s, which this version of Imageferry does not know: restore it with the version that wrote it, or a newer one"
                            .formatted(backup, version));
        }
        target.target(version).load().migrate();
    }

    /** Locks the tables, so that no daemon can begin to use them. */
    private static void requireUnused(Connection connection) throws SQLException, BackupException {
        execute(connection, "LOCK TABLE job, instance IN ACCESS EXCLUSIVE MODE");
        String running = value(connection, RUNNING, String.class);
        if (running != null) {
            throw new BackupException(
                    "A daemon uses this database (%s): stop all daemons, wait two minutes if one was killed, and try again"
                            .formatted(running));
        }
        if (count(connection, USED) > 0) {
            long jobs = count(connection, "SELECT count(*) FROM job");
            throw new BackupException(
                    "The database is not empty (%d jobs): nothing was changed. Use an empty database".formatted(jobs));
        }
    }

    private static void copyIn(Connection connection, BackupFile backup)
            throws SQLException, IOException, BackupException {
        BackupManifest manifest = backup.manifest();
        execute(
                connection,
                "TRUNCATE instance, "
                        + String.join(
                                ", ",
                                manifest.tables().stream()
                                        .map(TableContent::name)
                                        .toList()));
        for (TableContent table : manifest.tables()) {
            long copied = rowsIn(connection, backup, table);
            if (copied != table.rows()) {
                throw new BackupException("%s is damaged: it has %d rows of %s instead of %d"
                        .formatted(backup, copied, table.name(), table.rows()));
            }
        }
        for (SequenceState sequence : manifest.sequences()) {
            execute(
                    connection,
                    "SELECT setval('%s', %d, %b)".formatted(sequence.name(), sequence.lastValue(), sequence.called()));
        }
        // no daemon of the backup runs: its jobs can be claimed at once
        execute(connection, "UPDATE job SET lease_until = now() - interval '1 second' WHERE lease_until IS NOT NULL");
    }

    /** Names a move in the database that it fills. To be called in the same transaction. */
    static void nameMove(Connection connection, Move move) throws SQLException {
        execute(connection, "COMMENT ON TABLE job IS '" + comment(move) + "'");
    }

    /** Whether a move was committed, whatever daemons have changed since. */
    boolean wasFilledBy(Move move) throws SQLException {
        try (Connection connection = connections.open(SessionSettings.forMigration(), APPLICATION)) {
            connection.setSchema(
                    ServerCheck.query(connection, connections.namesSchema()).schema());
            return comment(move).equals(value(connection, JOB_COMMENT, String.class));
        }
    }

    private static String comment(Move move) {
        return "Filled by imageferry database move " + move.id();
    }

    private static long rowsIn(Connection connection, BackupFile backup, TableContent table)
            throws SQLException, IOException {
        long copied = 0;
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(backup.rows(table), UTF_8));
                PreparedStatement insert = connection.prepareStatement("""
                        INSERT INTO %1$s OVERRIDING SYSTEM VALUE
                        SELECT * FROM jsonb_populate_recordset(CAST(NULL AS %1$s), CAST(? AS jsonb))
                        """.formatted(table.name()))) {
            List<String> rows = new ArrayList<>();
            String row = lines.readLine();
            while (row != null) {
                rows.add(row);
                row = lines.readLine();
                if (row == null || rows.size() == ROWS_AT_A_TIME) {
                    insert.setString(1, "[" + String.join(",", rows) + "]");
                    copied += insert.executeUpdate();
                    rows.clear();
                }
            }
        }
        return copied;
    }

    private static Optional<String> schemaVersion(Connection connection) throws SQLException {
        return value(connection, "SELECT to_regclass('flyway_schema_history')::text", String.class) == null
                ? Optional.empty()
                : Optional.ofNullable(value(connection, VERSION, String.class));
    }

    private static long count(Connection connection, String query) throws SQLException {
        return Objects.requireNonNull(value(connection, query, Long.class), "a count is not null");
    }

    private static <T> @Nullable T value(Connection connection, String query, Class<T> type) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(query)) {
            return row.next() ? row.getObject(1, type) : null;
        }
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
