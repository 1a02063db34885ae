package dev.imageferry.queue;

import dev.imageferry.database.SchemaMigration;
import dev.imageferry.job.Job;
import dev.imageferry.job.JobState;
import jakarta.inject.Inject;
import jakarta.persistence.EntityManager;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;

/** Base of the tests of the queue on PostgreSQL, with empty tables and a second instance. */
@SuppressWarnings("NullAway.Init") // Quarkus sets the fields
abstract class OnPostgres {
    static final UUID FOLDER = JobTable.FOLDER;

    @Inject
    Claims claims;

    @Inject
    JobQueue queue;

    @Inject
    Offers offers;

    @Inject
    JobControl control;

    @Inject
    JobLists lists;

    List<Job> list(JobFilter filter) {
        return lists.page(filter).jobs();
    }

    @Inject
    Leases leases;

    @Inject
    EntityManager entities;

    @Inject
    JobRepository repository;

    @Inject
    LeaseSettings settings;

    @Inject
    SchemaMigration schema;

    @Inject
    DataSource source;

    JobTable table;

    @BeforeEach
    void emptyTables() throws Exception {
        schema.migrateWhenReachable();
        table = new JobTable(source);
        table.empty();
    }

    Job job(UUID id) {
        return queue.find(id).orElseThrow();
    }

    /** Claims the only due job. */
    Job claimed(Lane lane) {
        List<Claim> claimed = claims.claim(lane, FOLDER, 2);
        if (claimed.size() != 1) {
            throw new AssertionError("expected one claim but got " + claimed);
        }
        return claimed.getFirst().job();
    }

    /** Inserts a job of the given state that this instance holds. */
    Job held(JobState state) throws Exception {
        UUID id = table.put("held-" + state + ".img.gz", state);
        table.hold(id, QueueProfile.INSTANCE);
        return job(id);
    }

    /** Claims as another instance. */
    List<Claim> claimElsewhere(Lane lane, int limit) {
        return new Claims(QueueDatabase.over(source), new InstanceName(Optional.of("there")), settings)
                .claim(lane, FOLDER, limit);
    }

    /** Runs the tasks on threads that start at the same time. */
    static <T> List<T> together(int threads, Callable<T> work) throws Exception {
        return together(Collections.nCopies(threads, work));
    }

    static <T> List<T> together(List<Callable<T>> works) throws Exception {
        CyclicBarrier start = new CyclicBarrier(works.size());
        try (ExecutorService pool = Executors.newFixedThreadPool(works.size())) {
            List<Future<T>> running = new ArrayList<>();
            for (Callable<T> work : works) {
                running.add(pool.submit(() -> {
                    start.await(60, TimeUnit.SECONDS);
                    return work.call();
                }));
            }
            List<T> results = new ArrayList<>();
            for (Future<T> one : running) {
                results.add(one.get(2, TimeUnit.MINUTES));
            }
            return results;
        }
    }
}
