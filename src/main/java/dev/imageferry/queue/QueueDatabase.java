package dev.imageferry.queue;

import dev.imageferry.job.Job;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.UUID;
import javax.sql.DataSource;
import org.jdbi.v3.core.Jdbi;

/** Provides Jdbi over the connection pool. Outside a transaction, each statement is one round trip and one commit. */
final class QueueDatabase {
    /** The first statement of a transaction whose reads see the same state of the queue. */
    static final String ONE_SNAPSHOT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY";

    private QueueDatabase() {}

    @Produces
    @Singleton
    static Jdbi jdbi(DataSource pool) {
        return over(pool);
    }

    /** Registers the row mapper of jobs and the array types of the statements. */
    static Jdbi over(DataSource pool) {
        return Jdbi.create(pool)
                .registerArrayType(String.class, "text")
                .registerArrayType(Long.class, "bigint")
                .registerArrayType(UUID.class, "uuid")
                .registerRowMapper(Job.class, new JobRow());
    }
}
