package dev.imageferry.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.imageferry.job.JobState;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.Test;

@QuarkusTest
@TestProfile(QueueProfile.class)
class GroupCommitTest extends OnPostgres {
    private static final int WRITES = 20;

    private final Set<String> transactions = ConcurrentHashMap.newKeySet();

    /** Starts the writes while another one is being committed, so that they gather, and returns their results. */
    private List<Future<Integer>> commitTogether(GroupCommit group, List<GroupCommit.Write<Integer>> writes)
            throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch gathered = new CountDownLatch(1);
        List<Future<Integer>> results = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(writes.size() + 1)) {
            var _ = threads.submit(() -> group.commit(UUID.randomUUID(), handle -> {
                begun.countDown();
                await(gathered);
                return 0;
            }));
            await(begun);
            for (GroupCommit.Write<Integer> write : writes) {
                results.add(threads.submit(() -> group.commit(UUID.randomUUID(), write)));
            }
            while (group.waiting() < writes.size()) {
                Thread.sleep(1);
            }
            gathered.countDown();
        }
        return results;
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(1, TimeUnit.MINUTES)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private int raise(Handle handle, UUID job, int priority) {
        transactions.add(handle.createQuery("SELECT pg_current_xact_id()::text")
                .mapTo(String.class)
                .one());
        return handle.createUpdate("UPDATE job SET priority = :priority WHERE id = :id")
                .bind("priority", priority)
                .bind("id", job)
                .execute();
    }

    private List<UUID> jobs() throws Exception {
        List<UUID> jobs = new ArrayList<>();
        for (int i = 0; i < WRITES; i++) {
            jobs.add(table.put(i + ".img.gz", JobState.QUEUED));
        }
        return jobs;
    }

    @Test
    void writes_that_gather_during_a_commit_are_committed_together() throws Exception {
        GroupCommit group = new GroupCommit(QueueDatabase.over(source));
        List<GroupCommit.Write<Integer>> writes = new ArrayList<>();
        for (UUID job : jobs()) {
            writes.add(handle -> raise(handle, job, 7));
        }

        List<Future<Integer>> results = commitTogether(group, writes);

        for (Future<Integer> result : results) {
            assertThat(result.get()).isOne();
        }
        assertThat(transactions).hasSize(1);
        assertThat(table.number("SELECT count(*) FROM job WHERE priority = 7")).isEqualTo(WRITES);
    }

    @Test
    void a_write_that_fails_affects_no_other() throws Exception {
        GroupCommit group = new GroupCommit(QueueDatabase.over(source));
        List<GroupCommit.Write<Integer>> writes = new ArrayList<>();
        for (UUID job : jobs()) {
            writes.add(handle -> raise(handle, job, 7));
        }
        writes.add(WRITES / 2, handle -> handle.execute("UPDATE job SET state = 'NO-SUCH-STATE'"));

        List<Future<Integer>> results = commitTogether(group, writes);

        Future<Integer> bad = results.remove(WRITES / 2);
        assertThatThrownBy(bad::get).hasStackTraceContaining("job_state_check");
        for (Future<Integer> result : results) {
            assertThat(result.get()).isOne();
        }
        assertThat(table.number("SELECT count(*) FROM job WHERE priority = 7")).isEqualTo(WRITES);
    }

    @Test
    void an_outage_fails_all_writes_of_the_group_and_the_next_write_succeeds() throws Exception {
        Jdbi jdbi = QueueDatabase.over(source);
        GroupCommit group = new GroupCommit(jdbi);
        List<GroupCommit.Write<Integer>> writes = new ArrayList<>();
        for (UUID job : jobs()) {
            writes.add(handle -> raise(handle, job, 7));
        }
        writes.add(WRITES / 2, handle -> {
            int own = handle.createQuery("SELECT pg_backend_pid()")
                    .mapTo(Integer.class)
                    .one();
            jdbi.useHandle(killer -> killer.execute("SELECT pg_terminate_backend(?)", own));
            return raise(handle, UUID.randomUUID(), 7);
        });

        for (Future<Integer> result : commitTogether(group, writes)) {
            assertThatThrownBy(result::get)
                    .satisfies(e -> assertThat(DatabaseOutage.of(e)).isPresent());
        }

        assertThat(table.number("SELECT count(*) FROM job WHERE priority = 7")).isZero();
        assertThat(group.<Integer>commit(UUID.randomUUID(), handle -> 5)).isEqualTo(5);
    }
}
