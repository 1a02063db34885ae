package dev.imageferry.web;

import dev.imageferry.daemon.QueueView;
import dev.imageferry.job.JobState;
import dev.imageferry.queue.JobFilter;
import dev.imageferry.queue.JobFilter.Order;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Lists jobs, either at once or when all matching jobs have ended. A waiting client holds only a timer, and no thread or
 * connection between two queries.
 */
@Singleton
final class JobListing {
    /** Delay until a change made by this instance is noticed. */
    private static final Duration TICK = Duration.ofMillis(200);
    /** Changes of other instances cause no signal, so the table is queried at least once per second. */
    private static final int TICKS_BETWEEN_QUERIES = 5;

    private static final Set<JobState> ENDS = states(true);
    private static final Set<JobState> OPEN = states(false);

    private final QueueView queue;

    JobListing(QueueView queue) {
        this.queue = queue;
    }

    Uni<JobPage> answer(JobQuery query) {
        Uni<JobPage> now = onWorker(() -> page(query.filter()));
        return query.waitLimit().isZero()
                ? now
                : whenEnded(query.filter()).ifNoItem().after(query.waitLimit()).recoverWithUni(now);
    }

    private Uni<JobPage> whenEnded(JobFilter filter) {
        return Uni.createFrom().deferred(() -> {
            Polling polling = new Polling();
            return Multi.createFrom()
                    .ticks()
                    .every(TICK)
                    .onOverflow()
                    .drop()
                    .filter(tick -> polling.isDue())
                    .onItem()
                    .transformToUniAndConcatenate(tick -> onWorker(() -> pageWhenEnded(filter)))
                    .filter(Optional::isPresent)
                    .map(Optional::orElseThrow)
                    .toUni();
        });
    }

    private static <T> Uni<T> onWorker(Supplier<T> query) {
        return Uni.createFrom().item(query).runSubscriptionOn(Infrastructure.getDefaultWorkerPool());
    }

    private JobPage page(JobFilter filter) {
        return JobPage.of(queue.list(filter));
    }

    /**
     * The page; empty unless at least one job matches and all matching jobs, on any page, have ended. A file of this exact name
     * that is still settling counts as a job that has not ended.
     */
    private Optional<JobPage> pageWhenEnded(JobFilter filter) {
        // the folder first: a file that becomes a job in the meantime is then found by the queries
        String file = filter.exactFileOrNull();
        if ((file != null && queue.isSettling(file)) || anyMatches(filter, OPEN) || !anyMatches(filter, ENDS)) {
            return Optional.empty();
        }
        JobPage page = page(filter);
        // a job may have been added or retried between the queries
        boolean ended = page.items().stream().allMatch(job -> job.state().isEnd());
        return ended ? Optional.of(page) : Optional.empty();
    }

    private boolean anyMatches(JobFilter filter, Set<JobState> states) {
        Set<JobState> wanted = EnumSet.copyOf(states);
        if (!filter.states().isEmpty()) {
            wanted.retainAll(filter.states());
        }
        return !wanted.isEmpty()
                && !queue.list(filter.withStates(wanted).page(Order.NEWEST, 1, null))
                        .items()
                        .isEmpty();
    }

    private static Set<JobState> states(boolean ended) {
        Set<JobState> states = EnumSet.allOf(JobState.class);
        states.removeIf(state -> state.isEnd() != ended);
        return states;
    }

    /** Decides at which ticks the table is queried for one waiting client. */
    private final class Polling {
        private long seen;
        private int ticksLeft;

        boolean isDue() {
            long changes = queue.changes();
            if (changes == seen && ticksLeft > 0) {
                ticksLeft--;
                return false;
            }
            // read before the query, so that a change during the query causes another one
            seen = changes;
            ticksLeft = TICKS_BETWEEN_QUERIES - 1;
            return true;
        }
    }
}
