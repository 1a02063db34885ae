package dev.imageferry.notify;

import dev.imageferry.job.RetryPolicy;
import dev.imageferry.queue.Notification;
import dev.imageferry.queue.Notifications;
import dev.imageferry.worker.DatabaseRetry;
import dev.imageferry.worker.Gate;
import dev.imageferry.worker.Gates;
import dev.imageferry.worker.JobRunner;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jboss.logging.Logger;
import org.jboss.logging.MDC;

/**
 * Claims due notifications, posts each of them, and records the result. No transaction is open during a call: a claim is a lease,
 * and after a crash the notification is sent again with the same id when the lease has expired.
 */
public final class NotificationSender {
    /** Simultaneous attempts of one instance. */
    static final int SLOTS = 4;

    /** A notification that fails is given up when its outcome is this old. */
    static final Duration GIVE_UP_AFTER = Duration.ofDays(7);

    /** Longer than {@link Receiver#TIMEOUT} and the lookup of a host name, which that time-out does not interrupt. */
    static final Duration LEASE = Duration.ofMinutes(2);

    private static final Logger LOG = Logger.getLogger(NotificationSender.class);

    private final Notifications notifications;
    private final Receiver receiver;
    private final RetryPolicy policy;
    private final RandomGenerator random;
    private final DatabaseRetry database;
    private final Gates gates;
    private final DeliveryCounters counters;
    private final Executor executor;
    private final Semaphore slots = new Semaphore(SLOTS);
    private final ReceiverLog log;
    private volatile boolean stopping;
    private volatile boolean abandoned;

    /**
     * Creates a sender that does nothing yet.
     *
     * @param policy the pauses between attempts. Its maximum number of attempts does not apply
     * @param executor runs the attempts
     */
    public NotificationSender(
            Notifications notifications,
            Receiver receiver,
            RetryPolicy policy,
            RandomGenerator random,
            DatabaseRetry database,
            Gates gates,
            DeliveryCounters counters,
            Executor executor) {
        this.notifications = notifications;
        this.receiver = receiver;
        this.policy = policy;
        this.random = random;
        this.database = database;
        this.gates = gates;
        this.counters = counters;
        this.executor = executor;
        this.log = new ReceiverLog(receiver.toString());
    }

    /** Starts an attempt in each free slot that continues as long as notifications are due. Called once a second. */
    public void sendDue() {
        int free = slots.drainPermits();
        int started = 0;
        try {
            for (Notification notification : claim(free)) {
                executor.execute(() -> sendFrom(notification));
                started++;
            }
        } finally {
            slots.release(free - started);
        }
    }

    private void sendFrom(Notification first) {
        try {
            Optional<Notification> next = Optional.of(first);
            while (next.isPresent()) {
                MDC.put(JobRunner.JOB, next.get().jobId());
                send(next.get());
                next = claim(1).stream().findFirst();
            }
        } catch (RuntimeException e) {
            LOG.error("bug: a notification was not sent or its result not recorded, retrying after its lease", e);
        } finally {
            MDC.remove(JobRunner.JOB);
            slots.release();
        }
    }

    private List<Notification> claim(int limit) {
        if (limit == 0 || stopping || !gates.isOpen(Gate.DATABASE)) {
            return List.of();
        }
        try {
            return notifications.claim(limit, LEASE);
        } catch (RuntimeException e) {
            if (database.closeGate(e).isEmpty()) {
                throw e;
            }
            return List.of();
        }
    }

    private void send(Notification notification) {
        switch (receiver.post(notification)) {
            case Reply.Accepted accepted -> {
                write(() -> notifications.remove(notification));
                counters.delivered();
                log.delivered(notification);
            }
            case Reply.Failed failed -> {
                if (stopping) {
                    // the shutdown may have cut the call: another instance, or the next start, sends it
                    write(() -> notifications.postpone(notification, Duration.ZERO));
                } else if (notification.age().compareTo(GIVE_UP_AFTER) >= 0) {
                    write(() -> notifications.remove(notification));
                    counters.gaveUp();
                    log.gaveUp(notification, failed.reason());
                } else {
                    Duration pause = pause(notification, failed);
                    write(() -> notifications.postpone(notification, pause));
                    counters.retry();
                    log.failed(notification, failed.reason(), pause);
                }
            }
        }
    }

    /** Repeats the write until the database answers, unless the shutdown cannot wait for it. */
    private void write(Supplier<Boolean> statement) {
        database.untilAnswered(() -> abandoned ? Boolean.FALSE : statement.get());
    }

    /** The backoff, or longer if the receiver asked for it. {@code Retry-After: 0} must not end the backoff. */
    private Duration pause(Notification notification, Reply.Failed failed) {
        Duration backoff = policy.delayAfter(notification.attempt(), random);
        return failed.retryAfter().filter(asked -> asked.compareTo(backoff) > 0).orElse(backoff);
    }

    /** The receiver without what can be secret in its URL. */
    public String receiver() {
        return receiver.toString();
    }

    /** Starts no further attempts. Those in progress continue. */
    public void stop() {
        stopping = true;
    }

    /**
     * Cuts the attempts in progress and waits until they are released. If the database does not answer in time, they are sent
     * again after their lease.
     */
    public void close(Duration limit) throws InterruptedException {
        stop();
        receiver.close();
        abandoned = !slots.tryAcquire(SLOTS, limit.toNanos(), TimeUnit.NANOSECONDS);
    }
}
