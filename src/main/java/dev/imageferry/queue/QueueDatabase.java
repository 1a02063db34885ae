package dev.imageferry.queue;

import dev.imageferry.job.Job;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.UUID;
import javax.sql.DataSource;
import org.jdbi.v3.core.Jdbi;

/** Plain statements over the connection pool: each is one round trip and, outside of a transaction, one commit. */
final class QueueDatabase {
    private QueueDatabase() {}

    @Produces
    @Singleton
    static Jdbi jdbi(DataSource pool) {
        return over(pool);
    }

    /** Knows how a row becomes a job, and the arrays that the statements of this package take. */
    static Jdbi over(DataSource pool) {
        return Jdbi.create(pool)
                .registerArrayType(String.class, "text")
                .registerArrayType(Long.class, "bigint")
                .registerArrayType(UUID.class, "uuid")
                .registerRowMapper(Job.class, new JobRow());
    }
}
