package dev.imageferry.queue;

import dev.imageferry.database.DirectConnections;
import dev.imageferry.database.SessionSettings;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Renews the leases of this instance. Uses its own database connection, so that leases do not expire when the pool is exhausted.
 * Not thread-safe.
 */
@ApplicationScoped
public class Leases {
    /** Locks the rows in the order of their ids, as every statement that changes several jobs. */
    private static final String RENEW = """
            WITH held AS (
                SELECT job.id FROM job JOIN unnest(?::uuid[], ?::bigint[]) AS lease (id, epoch)
                    ON job.id = lease.id AND job.lease_epoch = lease.epoch
                WHERE job.instance = ? ORDER BY job.id FOR UPDATE OF job)
            UPDATE job SET lease_until = now() + make_interval(secs => ?) FROM held WHERE job.id = held.id
            RETURNING job.id
            """;

    private static final String CANCELLED =
            "SELECT id FROM job WHERE id = ANY (?) AND cancel_requested AND outcome_at IS NULL";
    private static final String PROGRESS = """
            WITH held AS (
                SELECT job.id, lease.bytes FROM job JOIN unnest(?::uuid[], ?::bigint[], ?::bigint[]) AS lease (id, epoch, bytes)
                    ON job.id = lease.id AND job.lease_epoch = lease.epoch
                WHERE job.instance IS NOT NULL AND job.bytes_sent <> lease.bytes ORDER BY job.id FOR UPDATE OF job)
            UPDATE job SET bytes_sent = held.bytes, updated_at = now() FROM held WHERE job.id = held.id
            """;
    private static final String SEEN = """
            INSERT INTO instance (name, folder_id, started_at, seen_at) VALUES (?, ?, now(), now())
            ON CONFLICT (name) DO UPDATE SET folder_id = EXCLUDED.folder_id, seen_at = now()
            """;
    private static final String LET_RUN_OUT_OF =
            "UPDATE job SET lease_until = now() - interval '1 second' WHERE lease_until IS NOT NULL AND folder_id = ? AND instance = ANY (?)";

    private static final String LET_RUN_OUT =
            "UPDATE job SET lease_until = now() - interval '1 second' WHERE lease_until IS NOT NULL";

    private final DirectConnections connections;
    private final String instance;
    private final Duration lease;
    private @Nullable Connection connection;

    Leases(DirectConnections connections, InstanceName instance, LeaseSettings lease) {
        this.connections = connections;
        this.instance = instance.value();
        this.lease = lease.duration();
    }

    /**
     * A lease of this instance.
     *
     * @param bytesSent bytes sent by the running PUT; -1 if there is none
     */
    public record Held(UUID id, long epoch, long bytesSent) {}

    public Duration duration() {
        return lease;
    }

    /**
     * Renews all leases in one statement.
     *
     * @return the leases that were renewed; the others are lost
     */
    public Set<UUID> renew(UUID folderId, Collection<Held> held) throws SQLException {
        return onConnection(open -> {
            try (PreparedStatement seen = open.prepareStatement(SEEN)) {
                seen.setString(1, instance);
                seen.setObject(2, folderId);
                seen.executeUpdate();
            }
            Set<UUID> renewed = new HashSet<>();
            if (held.isEmpty()) {
                return renewed;
            }
            try (PreparedStatement renew = open.prepareStatement(RENEW)) {
                renew.setArray(1, ids(open, held));
                renew.setArray(2, epochs(open, held));
                renew.setString(3, instance);
                renew.setDouble(4, JobRow.seconds(lease));
                try (ResultSet rows = renew.executeQuery()) {
                    while (rows.next()) {
                        renewed.add(rows.getObject(1, UUID.class));
                    }
                }
            }
            return renewed;
        });
    }

    /** Returns the held jobs that a user has cancelled and that have not ended. */
    public List<UUID> cancelled(Collection<Held> held) throws SQLException {
        if (held.isEmpty()) {
            return List.of();
        }
        return onConnection(open -> {
            List<UUID> cancelled = new ArrayList<>();
            try (PreparedStatement query = open.prepareStatement(CANCELLED)) {
                query.setArray(1, ids(open, held));
                try (ResultSet rows = query.executeQuery()) {
                    while (rows.next()) {
                        cancelled.add(rows.getObject(1, UUID.class));
                    }
                }
            }
            return cancelled;
        });
    }

    /** Writes the progress of the running PUTs in one statement. */
    public void progress(Collection<Held> held) throws SQLException {
        List<Held> sending = held.stream().filter(one -> one.bytesSent() >= 0).toList();
        if (sending.isEmpty()) {
            return;
        }
        onConnection(open -> {
            try (PreparedStatement progress = open.prepareStatement(PROGRESS)) {
                progress.setArray(1, ids(open, sending));
                progress.setArray(2, epochs(open, sending));
                progress.setArray(
                        3,
                        open.createArrayOf(
                                "bigint", sending.stream().map(Held::bytesSent).toArray()));
                return progress.executeUpdate();
            }
        });
    }

    /**
     * Expires all leases. Only for a daemon that uses the database alone (the embedded one, under its lock), because all previous
     * holders are then dead.
     */
    public void letAllRunOut() throws SQLException {
        onConnection(open -> {
            try (PreparedStatement statement = open.prepareStatement(LET_RUN_OUT)) {
                return statement.executeUpdate();
            }
        });
    }

    /** Expires the leases of the named instances in this folder. The instances must be dead. */
    public void letRunOut(UUID folderId, Collection<String> instances) throws SQLException {
        onConnection(open -> {
            try (PreparedStatement statement = open.prepareStatement(LET_RUN_OUT_OF)) {
                statement.setObject(1, folderId);
                statement.setArray(2, open.createArrayOf("text", instances.toArray()));
                return statement.executeUpdate();
            }
        });
    }

    private interface Work<T> {
        T on(Connection connection) throws SQLException;
    }

    private <T> T onConnection(Work<T> work) throws SQLException {
        Connection open = connection;
        if (open == null) {
            open = connections.open(SessionSettings.forLease(lease), "imageferry heartbeat");
            connection = open;
        }
        try {
            return work.on(open);
        } catch (SQLException e) {
            connection = null;
            try {
                open.close();
            } catch (SQLException suppressed) {
                e.addSuppressed(suppressed);
            }
            throw e;
        }
    }

    private static Array ids(Connection open, Collection<Held> held) throws SQLException {
        return open.createArrayOf("uuid", held.stream().map(Held::id).toArray());
    }

    private static Array epochs(Connection open, Collection<Held> held) throws SQLException {
        return open.createArrayOf("bigint", held.stream().map(Held::epoch).toArray());
    }
}
