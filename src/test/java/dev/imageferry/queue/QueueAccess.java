package dev.imageferry.queue;

import dev.imageferry.database.DirectConnections;
import dev.imageferry.database.TablesSchema;
import dev.imageferry.job.Job;
import io.agroal.api.AgroalDataSource;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import javax.sql.DataSource;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.ColonPrefixSqlParser;
import org.jdbi.v3.core.statement.SqlParser;
import org.jdbi.v3.core.statement.SqlStatements;

/** Creates the queue for a given database and instance name without a container. */
public final class QueueAccess {
    /** Caches parsed statements, because tests create thousands of these objects. */
    private static final SqlParser PARSER = new ColonPrefixSqlParser();

    private final Jdbi jdbi;
    private final InstanceName instance;
    private final LeaseSettings lease;

    public QueueAccess(DataSource database, String instance, Duration lease) {
        this.jdbi = QueueDatabase.over(database);
        jdbi.getConfig(SqlStatements.class).setSqlParser(PARSER);
        this.instance = new InstanceName(Optional.of(instance));
        this.lease = () -> lease;
    }

    public InstanceName instance() {
        return instance;
    }

    public JobQueue queue() {
        return queue(Outbox.UNUSED);
    }

    public JobQueue queue(Outbox outbox) {
        return new JobQueue(jdbi, instance, lease, outbox);
    }

    public Claims claims() {
        return new Claims(jdbi, instance, lease);
    }

    public Notifications notifications() {
        return new Notifications(jdbi);
    }

    public FamilyImages familyImages() {
        return new FamilyImages(jdbi, instance, lease);
    }

    public FamilyList familyList() {
        return new FamilyList(jdbi);
    }

    public Offers offers() {
        return new Offers(jdbi);
    }

    public JobControl control() {
        return new JobControl(jdbi);
    }

    public Leases leases(String url, String username, String password) {
        return new Leases(
                new DirectConnections(url, Optional.of(username), Optional.of(password), new TablesSchema()),
                instance,
                lease);
    }

    public static Connections connections(AgroalDataSource pool) {
        return new Connections(pool);
    }

    /** Returns all jobs, oldest first. */
    public List<Job> jobs() {
        return jdbi.withHandle(handle -> handle.createQuery("SELECT * FROM job ORDER BY created_at, id")
                .mapTo(Job.class)
                .list());
    }

    /** Returns from state, to state, attempt and detail of each history entry, oldest first. */
    public List<List<String>> history(UUID job) {
        return jdbi.withHandle(handle -> handle.createQuery(
                        "SELECT from_state, to_state, attempt, detail FROM job_history WHERE job_id = :job ORDER BY id")
                .bind("job", job)
                .map((row, context) ->
                        List.of(String.valueOf(row.getString(1)), row.getString(2), row.getString(3), row.getString(4)))
                .list());
    }

    /** Returns one total of the queue. */
    public long total(String name) {
        return jdbi.withHandle(handle -> handle.createQuery("SELECT value FROM total WHERE name = :name")
                .bind("name", name)
                .mapTo(Long.class)
                .one());
    }

    /** Counts the jobs that fulfil a condition. */
    public int count(String condition) {
        return jdbi.withHandle(handle -> handle.createQuery("SELECT count(*) FROM job WHERE " + condition)
                .mapTo(Integer.class)
                .one());
    }

    /** Runs a statement. */
    public int execute(String sql, Object... parameters) {
        return jdbi.withHandle(handle -> handle.execute(sql, parameters));
    }
}
