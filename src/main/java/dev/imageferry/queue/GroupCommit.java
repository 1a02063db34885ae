package dev.imageferry.queue;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/**
 * Commits writes of several threads together. While a thread commits, the writes of other threads gather, and one of these
 * threads then commits them all. Each thread waits until its own write is committed. Thread-safe.
 */
final class GroupCommit {
    private final Jdbi jdbi;
    private List<Pending<?>> waiting = new ArrayList<>();
    private boolean committing;

    GroupCommit(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    /** The statements of one write. They change only the row of one job, and add to its history. */
    @FunctionalInterface
    interface Write<T> {
        T run(Handle handle);
    }

    /** A write and, once it is committed or has failed, its result. Guarded by the group. */
    private static final class Pending<T> {
        private final UUID job;
        private final Write<T> write;
        private @Nullable T written;
        private boolean taken;
        private boolean done;
        private @Nullable RuntimeException failure;

        Pending(UUID job, Write<T> write) {
            this.job = job;
            this.write = write;
        }

        void run(Handle handle) {
            written = write.run(handle);
        }

        /** The order in which PostgreSQL sorts the ids. */
        String order() {
            return job.toString();
        }

        @SuppressWarnings("NullAway") // a write that has not failed has set its result
        T get() {
            if (failure != null) {
                throw failure;
            }
            return written;
        }
    }

    /**
     * Runs the write and commits it, alone or with others. A failure of one write does not affect the others.
     *
     * @throws RuntimeException the failure of the write, or the outage that prevented the commit
     */
    <T> T commit(UUID job, Write<T> write) {
        Pending<T> own = new Pending<>(job, write);
        List<Pending<?>> group;
        synchronized (this) {
            waiting.add(own);
            if (awaitTurn(own)) {
                return own.get();
            }
            committing = true;
            group = waiting;
            group.forEach(pending -> pending.taken = true);
            waiting = new ArrayList<>();
        }
        boolean completed = false;
        try {
            commitAll(group);
            completed = true;
        } finally {
            end(group, completed);
        }
        return own.get();
    }

    /** Waits until the write is committed by another thread, which returns true, or this thread can commit it. */
    private boolean awaitTurn(Pending<?> own) {
        boolean interrupted = false;
        try {
            while (!own.done && (own.taken || committing)) {
                try {
                    wait();
                } catch (InterruptedException e) {
                    interrupted = true; // another thread may be writing, so the result is needed
                }
            }
            return own.done;
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private synchronized void end(List<Pending<?>> group, boolean completed) {
        committing = false;
        for (Pending<?> pending : group) {
            pending.done = true;
            if (!completed) { // by an error of the JVM
                pending.failure = new IllegalStateException("the thread that was to commit this write has ended");
            }
        }
        notifyAll();
    }

    /** The number of writes that no thread has begun to commit. */
    synchronized int waiting() {
        return waiting.size();
    }

    private void commitAll(List<Pending<?>> group) {
        if (group.size() == 1) {
            commitAlone(group.getFirst());
            return;
        }
        // as every statement that locks several jobs, so that none waits for another in a circle
        group.sort(Comparator.comparing(Pending::order));
        try {
            jdbi.useTransaction(handle -> group.forEach(pending -> pending.run(handle)));
        } catch (RuntimeException e) {
            if (DatabaseOutage.of(e).isPresent()) {
                group.forEach(pending -> pending.failure = e);
            } else {
                group.forEach(this::commitAlone);
            }
        }
    }

    private void commitAlone(Pending<?> pending) {
        try {
            jdbi.useHandle(pending::run);
        } catch (RuntimeException e) {
            pending.failure = e;
        }
    }
}
