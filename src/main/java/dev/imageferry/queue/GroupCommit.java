package dev.imageferry.queue;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.ReentrantLock;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/**
 * Commits writes of several threads together. While one thread commits, the writes of the others gather, and the next thread
 * commits them all. Each thread waits until its own write is committed. Thread-safe.
 */
final class GroupCommit {
    /** Locks the rows in the order of their ids, and before the totals, as every other statement does. */
    private static final String LOCK = "SELECT FROM job WHERE id = ANY (:jobs) ORDER BY id FOR UPDATE";

    private final Jdbi jdbi;
    private final ConcurrentLinkedQueue<Pending<?>> waiting = new ConcurrentLinkedQueue<>();
    private final ReentrantLock committing = new ReentrantLock(true);

    GroupCommit(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    /** The statements of one write. Of the job table, they change only the row of the job. */
    @FunctionalInterface
    interface Write<T> {
        T run(Handle handle);
    }

    /** A write and, once it is committed or has failed, its result. Guarded by the lock. */
    private static final class Pending<T> {
        private final UUID job;
        private final Write<T> write;
        private boolean done;
        private @Nullable T result;
        private @Nullable RuntimeException failure;

        Pending(UUID job, Write<T> write) {
            this.job = job;
            this.write = write;
        }

        void run(Handle handle) {
            result = write.run(handle);
        }

        void succeeded() {
            done = true;
        }

        void failed(RuntimeException e) {
            done = true;
            failure = e;
        }

        @SuppressWarnings("NullAway") // a write that has not failed has set its result
        T get() {
            if (failure != null) {
                throw failure;
            }
            return result;
        }
    }

    /**
     * Runs the write and commits it, alone or with others. A failure of one write does not affect the others.
     *
     * @throws RuntimeException the failure of the write, or the outage that prevented the commit
     */
    <T> T commit(UUID job, Write<T> write) {
        Pending<T> own = new Pending<>(job, write);
        waiting.add(own);
        committing.lock();
        try {
            if (!own.done) {
                commitAll(taken());
            }
            return own.get();
        } finally {
            committing.unlock();
        }
    }

    /** The number of writes that no thread has begun to commit. */
    int waiting() {
        return waiting.size();
    }

    private List<Pending<?>> taken() {
        List<Pending<?>> group = new ArrayList<>();
        for (Pending<?> next = waiting.poll(); next != null; next = waiting.poll()) {
            group.add(next);
        }
        return group;
    }

    private void commitAll(List<Pending<?>> group) {
        if (group.size() == 1) {
            commitAlone(group.getFirst());
            return;
        }
        try {
            jdbi.useTransaction(handle -> {
                handle.createQuery(LOCK)
                        .bindArray(
                                "jobs",
                                UUID.class,
                                group.stream().map(pending -> pending.job).toList())
                        .map((row, context) -> true)
                        .list();
                group.forEach(pending -> pending.run(handle));
            });
            group.forEach(Pending::succeeded);
        } catch (RuntimeException e) {
            if (DatabaseOutage.of(e).isPresent()) {
                group.forEach(pending -> pending.failed(e));
            } else {
                group.forEach(this::commitAlone);
            }
        }
    }

    private void commitAlone(Pending<?> pending) {
        try {
            jdbi.useHandle(pending::run);
            pending.succeeded();
        } catch (RuntimeException e) {
            pending.failed(e);
        }
    }
}
