package dev.imageferry.daemon;

import dev.imageferry.job.Job;
import dev.imageferry.job.JobView;
import dev.imageferry.queue.DatabaseOutage;
import dev.imageferry.queue.JobLists;
import dev.imageferry.worker.Gate;
import dev.imageferry.worker.Gates;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import io.smallrye.mutiny.operators.multi.processors.UnicastProcessor;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * Streams the changes of the jobs of all instances to watchers. While there is a watcher, the job table is polled once a second.
 * Each watcher has its own bounded queue of events, and a watcher whose queue is full is disconnected.
 */
@ApplicationScoped
public class LiveJobs {
    /** Maximum number of pending events of one watcher. */
    static final int MAX_PENDING = 2_000;

    private static final Duration LOOK_EVERY = Duration.ofSeconds(1);

    /** Longest transaction whose rows are still seen. */
    private static final Duration OVERLAP = Duration.ofSeconds(5);

    private final JobLists jobs;
    private final QueueView view;
    private final Gates gates;
    private final Schedule schedule = new Schedule();
    private final Set<Watcher> watchers = new LinkedHashSet<>();
    private Map<UUID, Published> published = new HashMap<>();
    private Instant lookedAt = Instant.EPOCH;

    LiveJobs(JobLists jobs, QueueView view, Gates gates) {
        this.jobs = jobs;
        this.view = view;
        this.gates = gates;
    }

    /** An event of the stream. */
    public sealed interface Event {
        /** A job has changed. */
        record Changed(JobView job) implements Event {}

        /**
         * A PUT has sent more bytes.
         *
         * @param bytesPerSecond the rate since the previous event of the job; null if unknown
         */
        record Progressed(UUID id, long bytesSent, @Nullable Long bytesPerSecond) implements Event {}
    }

    /**
     * The last published state of a job.
     *
     * @param still the job without its progress
     */
    private record Published(Job still, long bytesSent, Instant updatedAt) {}

    /**
     * A client of the stream.
     *
     * @param waiting the pending events of {@code live}
     * @param leave closes the connection, because a failure signal would wait behind the pending events
     */
    private record Watcher(UnicastProcessor<Event> live, ArrayBlockingQueue<Event> waiting, Runnable leave) {}

    /**
     * Emits the jobs that are not archived or were archived within the last minute, then all changes.
     *
     * @param leave runs once if the queue of events is full
     */
    public Multi<Event> watch(Runnable leave) {
        return Multi.createFrom()
                .deferred(() -> {
                    ArrayBlockingQueue<Event> waiting = new ArrayBlockingQueue<>(MAX_PENDING);
                    Watcher watcher = new Watcher(UnicastProcessor.create(waiting, () -> {}), waiting, leave);
                    return Multi.createBy()
                            .concatenating()
                            .streams(Multi.createFrom().iterable(begin(watcher)), watcher.live())
                            .onTermination()
                            .invoke(() -> end(watcher));
                })
                .runSubscriptionOn(Infrastructure.getDefaultWorkerPool());
    }

    private synchronized List<Event> begin(Watcher watcher) {
        if (watchers.isEmpty()) {
            published = new HashMap<>();
            lookedAt = Instant.EPOCH;
        }
        look(); // publish pending changes to the other watchers first
        List<Event> now = new ArrayList<>();
        jobs.writtenSince(Instant.EPOCH).forEach(job -> now.add(new Event.Changed(view.view(job))));
        watchers.add(watcher);
        return now;
    }

    private synchronized void end(Watcher watcher) {
        watchers.remove(watcher);
    }

    @PostConstruct
    void startLooking() {
        schedule.every(LOOK_EVERY, "live", this::tick);
    }

    @PreDestroy
    void stopLooking() throws InterruptedException {
        schedule.close(LOOK_EVERY);
    }

    private synchronized void tick() {
        if (watchers.isEmpty()) {
            return;
        }
        try {
            look();
        } catch (RuntimeException e) {
            gates.close(Gate.DATABASE, DatabaseOutage.of(e).orElseThrow(() -> e));
        }
    }

    private void look() {
        Instant newest = lookedAt;
        for (Job job : jobs.writtenSince(lookedAt.equals(Instant.EPOCH) ? lookedAt : lookedAt.minus(OVERLAP))) {
            Published before = published.get(job.id());
            Published now = new Published(job.stillView(), job.bytesSent(), job.updatedAt());
            if (before == null || !before.still().equals(now.still())) {
                publish(new Event.Changed(view.view(job)));
            } else if (before.bytesSent() != now.bytesSent()) {
                publish(new Event.Progressed(job.id(), now.bytesSent(), rate(before, now)));
            }
            published.put(job.id(), now);
            newest = newest.isBefore(job.updatedAt()) ? job.updatedAt() : newest;
        }
        lookedAt = newest;
        Instant forgotten = newest.minus(OVERLAP.multipliedBy(2));
        published
                .values()
                .removeIf(job -> job.still().isArchived() && job.updatedAt().isBefore(forgotten));
    }

    private static @Nullable Long rate(Published before, Published now) {
        long millis = Duration.between(before.updatedAt(), now.updatedAt()).toMillis();
        long bytes = now.bytesSent() - before.bytesSent();
        return millis <= 0 || bytes < 0 ? null : Long.valueOf(bytes * 1000 / millis);
    }

    private void publish(Event event) {
        for (Watcher watcher : List.copyOf(watchers)) {
            if (watcher.waiting().remainingCapacity() > 0) {
                watcher.live().onNext(event);
            } else if (watchers.remove(watcher)) {
                watcher.leave().run();
            }
        }
    }
}
