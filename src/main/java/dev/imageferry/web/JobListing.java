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
 * Lists jobs, at once or when they have ended. A client that waits costs a timer and, for the time of a look, a worker
 * thread and a connection; none of them while nothing happens. A timer was taken and not a virtual thread: blocking
 * ones are pinned by monitors on Java 21, and a request whose client goes away ends by cancellation.
 */
@Singleton
final class JobListing {
    /** How soon a change that this instance made is noticed. */
    private static final Duration TICK = Duration.ofMillis(200);
    /** Other instances change the table without telling: look at least once a second. */
    private static final int TICKS_BETWEEN_LOOKS = 5;

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
            Looks looks = new Looks();
            return Multi.createFrom()
                    .ticks()
                    .every(TICK)
                    .onOverflow()
                    .drop()
                    .filter(tick -> looks.isDue())
                    .onItem()
                    .transformToUniAndConcatenate(tick -> onWorker(() -> pageWhenEnded(filter)))
                    .filter(Optional::isPresent)
                    .map(Optional::orElseThrow)
                    .toUni();
        });
    }

    private static <T> Uni<T> onWorker(Supplier<T> look) {
        return Uni.createFrom().item(look).runSubscriptionOn(Infrastructure.getDefaultWorkerPool());
    }

    private JobPage page(JobFilter filter) {
        return JobPage.of(queue.list(filter));
    }

    /** The page, if at least one job matches and all that match have ended, on this page or another. */
    private Optional<JobPage> pageWhenEnded(JobFilter filter) {
        if (anyMatches(filter, OPEN) || !anyMatches(filter, ENDS)) {
            return Optional.empty();
        }
        JobPage page = page(filter);
        // a match may have come, or been retried, since the first look
        boolean ended = page.items().stream().allMatch(job -> job.state().isEnd());
        return ended ? Optional.of(page) : Optional.empty();
    }

    private boolean anyMatches(JobFilter filter, Set<JobState> states) {
        Set<JobState> asked = EnumSet.copyOf(states);
        if (!filter.states().isEmpty()) {
            asked.retainAll(filter.states());
        }
        return !asked.isEmpty()
                && !queue.list(new JobFilter(asked, filter.fileOrNull(), filter.labelOrNull(), Order.NEWEST, 1, null))
                        .items()
                        .isEmpty();
    }

    private static Set<JobState> states(boolean ended) {
        Set<JobState> states = EnumSet.allOf(JobState.class);
        states.removeIf(state -> state.isEnd() != ended);
        return states;
    }

    /** When one waiting client is due for a look. Ticks come one after the other. */
    private final class Looks {
        private long seen;
        private int ticksToNext;

        boolean isDue() {
            long changes = queue.changes();
            if (changes == seen && ticksToNext > 0) {
                ticksToNext--;
                return false;
            }
            // read before the look: what changes during it is seen by the next
            seen = changes;
            ticksToNext = TICKS_BETWEEN_LOOKS - 1;
            return true;
        }
    }
}
