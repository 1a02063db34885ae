package dev.imageferry.convert;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The threads that compress for all conversions, and the members that these share. There are two members for each thread, which
 * bounds the memory of any number of conversions: about 4 MiB for each thread. Threads end, and memory is freed, when nothing is
 * converted.
 */
final class GzipWorkers implements Executor {
    static final String THREAD_NAME_PREFIX = "gzip ";

    private static final int MEMBERS_PER_THREAD = 2;
    private static final int IDLE_SECONDS = 10;

    private final ThreadPoolExecutor threads;
    private final int members;
    /** Fair, so that a conversion without a member gets the next one that is free. */
    private final Semaphore permits;
    /** Guarded by itself. */
    private final Deque<GzipMember> free = new ArrayDeque<>();

    private final byte[] zeroes = GzipMember.ofZeroes();

    GzipWorkers(int count) {
        // platform threads: a virtual one would occupy a carrier thread while it computes
        threads = new ThreadPoolExecutor(
                count,
                count,
                IDLE_SECONDS,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                Thread.ofPlatform().name(THREAD_NAME_PREFIX, 1).daemon().factory());
        threads.allowCoreThreadTimeOut(true);
        members = MEMBERS_PER_THREAD * count;
        permits = new Semaphore(members, true);
    }

    /** A member that nobody uses now, if there is one and nobody waits for it. */
    Optional<GzipMember> tryTake() throws InterruptedException {
        // without a time, tryAcquire would not be fair
        return permits.tryAcquire(0, TimeUnit.SECONDS) ? Optional.of(pop()) : Optional.empty();
    }

    /** Waits for a member. The caller must have none, so that the conversions never wait for each other in a circle. */
    GzipMember take() throws InterruptedException {
        permits.acquire();
        return pop();
    }

    private GzipMember pop() {
        synchronized (free) {
            GzipMember member = free.poll();
            return member == null ? new GzipMember() : member;
        }
    }

    void giveBack(GzipMember member) {
        synchronized (free) {
            free.push(member);
            permits.release();
            if (permits.availablePermits() == members) {
                free.clear();
            }
        }
    }

    @Override
    public void execute(Runnable task) {
        threads.execute(task);
    }

    /** The member for a full block of zeroes. */
    byte[] zeroes() {
        return zeroes;
    }

    /**
     * What is in use now.
     *
     * @param taken members that conversions have
     * @param kept members that are kept for the next use
     * @param compressed members that were compressed since the start, or wait for it
     */
    record Use(int taken, int kept, long compressed) {}

    Use use() {
        synchronized (free) {
            return new Use(members - permits.availablePermits(), free.size(), threads.getTaskCount());
        }
    }
}
