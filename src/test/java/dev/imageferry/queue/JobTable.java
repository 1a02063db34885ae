package dev.imageferry.queue;

import dev.imageferry.job.JobState;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Reads and changes the tables with plain SQL. */
final class JobTable {
    static final UUID FOLDER = Backlog.FOLDER;

    private static final String PUT = """
            INSERT INTO job (id, folder_id, file, inode, bytes, modified_nanos, changed_nanos, file_since, state, state_since, priority, label, description,
                region, tags, cloud_init, replicate_to, attempt, next_run_at, created_at, updated_at, outcome_at)
            VALUES (?::uuid, ?::uuid, ?, 1, 1000, 1, 1, now(), ?, now(), 0, 'debian', '', 'us-ord', '{}', false, '{}', 1, now(), now(), now(),
                CASE WHEN ? IN ('AVAILABLE', 'REJECTED', 'FAILED', 'CANCELLED') THEN now() END)
            """;

    private final DataSource source;

    JobTable(DataSource source) {
        this.source = source;
    }

    void empty() throws SQLException {
        execute("TRUNCATE job, job_history, instance, known_folder, notification");
        execute("UPDATE total SET value = 0");
        execute("UPDATE control SET paused = false, bandwidth = NULL");
    }

    /** Inserts a due job of 1000 bytes without a lease. */
    UUID put(String file, JobState state) throws SQLException {
        UUID id = UUID.randomUUID();
        execute(PUT, id, FOLDER, file, state.name(), state.name());
        execute("UPDATE total SET value = value + 1 WHERE name = 'now_' || ?", state.name());
        return id;
    }

    /** Inserts many jobs and runs ANALYZE. */
    void fill(int ended, int open) throws SQLException {
        execute(Backlog.sql(ended, open));
        execute("ANALYZE job");
    }

    /** Sets columns of one job, e.g. {@code priority = 5}. */
    void set(UUID id, String assignments) throws SQLException {
        execute("UPDATE job SET " + assignments + " WHERE id = ?::uuid", id);
    }

    /** Gives an instance a lease of one hour. */
    void hold(UUID id, String instance) throws SQLException {
        set(
                id,
                "instance = '" + instance
                        + "', lease_until = now() + interval '1 hour', lease_epoch = lease_epoch + 1");
    }

    /** Expires the lease of the job. */
    void expireLease(UUID id) throws SQLException {
        set(id, "lease_until = now() - interval '1 second'");
    }

    void checked(UUID id, String sha256) throws SQLException {
        set(
                id,
                "uncompressed_bytes = 5000, md5 = '900150983cd24fb0d6963f7d28e17f72', crc32c = 7, sha256 = '" + sha256
                        + "', contents = '{\"partitionTable\":\"none\",\"partitions\":[],\"warnings\":[]}'");
    }

    /** Returns the whole row as text. */
    String row(UUID id) throws SQLException {
        return text("SELECT job::text FROM job WHERE id = ?::uuid", id);
    }

    long total(String name) throws SQLException {
        return number("SELECT value FROM total WHERE name = ?", name);
    }

    long number(String query, Object... parameters) throws SQLException {
        return Long.parseLong(text(query, parameters));
    }

    /** Returns the single value of a query. */
    String text(String query, Object... parameters) throws SQLException {
        List<@Nullable String> rows = texts(query, parameters);
        String text = rows.size() == 1 ? rows.getFirst() : null;
        if (text == null) {
            throw new AssertionError("expected one value but got " + rows + " from " + query);
        }
        return text;
    }

    List<@Nullable String> texts(String query, Object... parameters) throws SQLException {
        try (Connection connection = source.getConnection();
                PreparedStatement statement = prepared(connection, query, parameters);
                ResultSet rows = statement.executeQuery()) {
            List<@Nullable String> texts = new ArrayList<>();
            while (rows.next()) {
                texts.add(rows.getString(1));
            }
            return texts;
        }
    }

    int execute(String sql, Object... parameters) throws SQLException {
        try (Connection connection = source.getConnection();
                PreparedStatement statement = prepared(connection, sql, parameters)) {
            return statement.executeUpdate();
        }
    }

    private static PreparedStatement prepared(Connection connection, String sql, Object... parameters)
            throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        for (int i = 0; i < parameters.length; i++) {
            statement.setString(i + 1, parameters[i].toString());
        }
        return statement;
    }
}
