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
 * What happens to the jobs of all instances, for those who watch. The table is looked at once a second while anybody does:
 * it tells more than this process could. Each who watches has a queue of events of its own, of bounded length; who does not
 * take them is dropped.
 */
@ApplicationScoped
public class LiveJobs {
    /** So many events may wait for one who watches. */
    static final int MOST_WAITING = 2_000;

    private static final Duration LOOK_EVERY = Duration.ofSeconds(1);

    /** A row that was written in a transaction that took so long is still seen. */
    private static final Duration OVERLAP = Duration.ofSeconds(5);

    private final JobLists jobs;
    private final QueueView view;
    private final Gates gates;
    private final Schedule schedule = new Schedule();
    private final Set<Watcher> watchers = new LinkedHashSet<>();
    private Map<UUID, Told> told = new HashMap<>();
    private Instant lookedAt = Instant.EPOCH;

    LiveJobs(JobLists jobs, QueueView view, Gates gates) {
        this.jobs = jobs;
        this.view = view;
        this.gates = gates;
    }

    /** What is told. */
    public sealed interface Event {
        /** Something about a job changed. */
        record Changed(JobView job) implements Event {}

        /**
         * Bytes of a job's PUT went out.
         *
         * @param bytesPerSecond since the last look; null before the second
         */
        record Progressed(UUID id, long bytesSent, @Nullable Long bytesPerSecond) implements Event {}
    }

    /**
     * What was told last of a job.
     *
     * @param still the job without what progress changes
     */
    private record Told(Job still, long bytesSent, Instant updatedAt) {}

    /**
     * One who watches.
     *
     * @param waiting what {@code live} has not handed on yet
     * @param leave ends the connection: a failure would wait behind what is not taken
     */
    private record Watcher(UnicastProcessor<Event> live, ArrayBlockingQueue<Event> waiting, Runnable leave) {}

    /**
     * First the jobs that are not archived or were so in the last minute, then what happens.
     *
     * @param leave is run once, when so much waits that no more is told
     */
    public Multi<Event> watch(Runnable leave) {
        return Multi.createFrom()
                .deferred(() -> {
                    ArrayBlockingQueue<Event> waiting = new ArrayBlockingQueue<>(MOST_WAITING);
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
            told = new HashMap<>();
            lookedAt = Instant.EPOCH;
        }
        look(); // what the others have not heard yet
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

    /** One look at the table. */
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
            Told before = told.get(job.id());
            Told now = new Told(job.stillView(), job.bytesSent(), job.updatedAt());
            if (before == null || !before.still().equals(now.still())) {
                tell(new Event.Changed(view.view(job)));
            } else if (before.bytesSent() != now.bytesSent()) {
                tell(new Event.Progressed(job.id(), now.bytesSent(), rate(before, now)));
            }
            told.put(job.id(), now);
            newest = newest.isBefore(job.updatedAt()) ? job.updatedAt() : newest;
        }
        lookedAt = newest;
        Instant forgotten = newest.minus(OVERLAP.multipliedBy(2));
        told.values()
                .removeIf(job -> job.still().isArchived() && job.updatedAt().isBefore(forgotten));
    }

    private static @Nullable Long rate(Told before, Told now) {
        long millis = Duration.between(before.updatedAt(), now.updatedAt()).toMillis();
        long bytes = now.bytesSent() - before.bytesSent();
        return millis <= 0 || bytes < 0 ? null : Long.valueOf(bytes * 1000 / millis);
    }

    private void tell(Event event) {
        for (Watcher watcher : List.copyOf(watchers)) {
            if (watcher.waiting().remainingCapacity() > 0) {
                watcher.live().onNext(event);
            } else if (watchers.remove(watcher)) {
                watcher.leave().run();
            }
        }
    }
}
