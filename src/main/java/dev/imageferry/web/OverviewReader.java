package dev.imageferry.web;

import dev.imageferry.daemon.QueueView;
import dev.imageferry.job.JobState;
import dev.imageferry.job.JobView;
import dev.imageferry.queue.InstanceName;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Reads the data of the page at {@code /}. */
@Singleton
final class OverviewReader {
    private static final int ATTENTION_SHOWN = 4;
    private static final int RUNNING_SHOWN = 100;
    private static final int WAITING_SHOWN = 4;
    private static final int FILES_SHOWN = 20;

    private final QueueView queue;
    private final InstantSource clock;
    private final String host = InstanceName.hostName();

    OverviewReader(QueueView queue, InstantSource clock) {
        this.queue = queue;
        this.clock = clock;
    }

    Overview read(JobSearch search, QueueView.Summary summary) {
        Instant now = clock.instant();
        JobSearch listed = search.isOverview() ? JobSearch.newest(Overview.ENDED) : search;
        JobPage page = JobPage.of(queue.list(listed.filter(JobQuery.DEFAULT_LIMIT)));
        List<QueueView.DropFile> files = queue.filesWithoutJob();
        return new Overview(
                search,
                Overview.filters(summary, search),
                count(summary, state -> true),
                search.isOverview() ? sections(summary, now) : Overview.Sections.NONE,
                cards(page.items().stream(), summary, now),
                page.next() == null ? "" : listed.pageAfter(page.next()),
                search.isOverview() ? "" : results(search, summary),
                Activity.of(summary),
                DropArea.of(summary.dropDirectory(), host),
                files.stream().limit(FILES_SHOWN).map(Overview.OtherFile::of).toList(),
                Math.max(0, files.size() - FILES_SHOWN));
    }

    private Overview.Sections sections(QueueView.Summary summary, Instant now) {
        QueueView.Attention attention = queue.attention(ATTENTION_SHOWN);
        List<JobCard> atWork = open(JobSearch.uploadOrder(Overview.AT_WORK), RUNNING_SHOWN, summary, now);
        List<JobCard> retrying = atWork.stream()
                .filter(JobCard::isWaiting)
                .filter(card -> !card.isStalled())
                .toList();
        List<JobCard> notStarted = open(JobSearch.uploadOrder(Overview.NOT_STARTED), WAITING_SHOWN, summary, now);
        return new Overview.Sections(
                cards(attention.first().stream(), summary, now),
                attention.total(),
                atWork.stream().filter(JobCard::isRunning).toList(),
                Stream.concat(retrying.stream(), notStarted.stream())
                        .limit(WAITING_SHOWN)
                        .toList(),
                retrying.size() + count(summary, Overview.NOT_STARTED::contains));
    }

    private List<JobCard> open(JobSearch search, int limit, QueueView.Summary summary, Instant now) {
        return cards(queue.list(search.filter(limit)).items().stream(), summary, now);
    }

    private static List<JobCard> cards(
            Stream<JobView> jobs, QueueView.Summary summary, Instant now) {
        return jobs.map(job -> JobCard.of(job, summary, now)).toList();
    }

    private static long count(QueueView.Summary summary, Predicate<JobState> wanted) {
        return summary.jobs().entrySet().stream()
                .filter(entry -> wanted.test(entry.getKey()))
                .mapToLong(entry -> entry.getValue())
                .sum();
    }

    /** A search by text counts only so far, because it might match a million jobs. */
    private String results(JobSearch search, QueueView.Summary summary) {
        long found = search.isByText()
                ? queue.count(search.first().filter(JobQuery.MAX_LIMIT))
                : count(
                        summary,
                        state -> search.states().isEmpty() || search.states().contains(state));
        return search.isByText() && found == JobQuery.MAX_LIMIT
                ? found + " jobs or more"
                : found == 1 ? "1 job" : "%,d jobs".formatted(found);
    }
}
