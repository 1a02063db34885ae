package dev.imageferry.web;

import dev.imageferry.daemon.QueueView;
import dev.imageferry.job.JobState;
import dev.imageferry.job.JobView;
import dev.imageferry.queue.InstanceName;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Reads the data of the page at {@code /}. */
@Singleton
final class OverviewReader {
    private static final int ATTENTION_SHOWN = 4;
    private static final int AT_WORK_READ = 100;
    private static final int RUNNING_SHOWN = 12;
    private static final int WAITING_SHOWN = 4;
    private static final int ENDED_SHOWN = 30;
    private static final int FAMILIES_SHOWN = 8;
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
        Overview.Sections sections = search.isOverview() ? sections(summary, now) : Overview.Sections.NONE;
        Listed listed = search.isEnded() ? ended(search) : found(search);
        Set<UUID> above =
                sections.attention().stream().map(card -> card.job().id()).collect(Collectors.toSet());
        List<JobView> newest = queue.newestOfFamilies(FAMILIES_SHOWN + 1);
        List<QueueView.DropFile> files = queue.filesWithoutJob();
        return new Overview(
                search,
                Overview.filters(summary, search),
                count(summary, state -> true),
                sections,
                cards(listed.jobs().stream().filter(job -> !above.contains(job.id())), summary, now),
                listed.next(),
                search.isEnded() ? "" : results(search, summary),
                Activity.of(summary),
                DropArea.of(summary.dropDirectory(), host),
                newest.stream()
                        .limit(FAMILIES_SHOWN)
                        .map(Overview.NewestImage::of)
                        .toList(),
                newest.size() > FAMILIES_SHOWN,
                files.stream().limit(FILES_SHOWN).map(Overview.OtherFile::of).toList(),
                Math.max(0, files.size() - FILES_SHOWN));
    }

    /**
     * The jobs of the last table.
     *
     * @param next URL of the next page; empty on the last page
     */
    private record Listed(List<JobView> jobs, String next) {}

    private Listed found(JobSearch search) {
        JobPage page = JobPage.of(queue.list(search.filter(JobQuery.DEFAULT_LIMIT)));
        return new Listed(page.items(), page.next() == null ? "" : search.pageAfter(page.next()));
    }

    private Listed ended(JobSearch search) {
        QueueView.EndedPage page =
                queue.ended(ENDED_SHOWN, search.endedPosition().orElse(null));
        return new Listed(page.items(), page.nextOrNull() == null ? "" : JobSearch.endedAfter(page.nextOrNull()));
    }

    private Overview.Sections sections(QueueView.Summary summary, Instant now) {
        QueueView.Attention attention = queue.attention(ATTENTION_SHOWN);
        List<JobCard> here = open(Overview.AT_WORK, AT_WORK_READ, summary, now);
        List<JobCard> atLinode = open(Overview.AT_LINODE, AT_WORK_READ, summary, now);
        List<JobCard> retrying = Stream.concat(here.stream(), atLinode.stream())
                .filter(card -> card.isWaiting() && !card.isStalled())
                .toList();
        List<JobCard> running = Stream.concat(here.stream(), atLinode.stream())
                .filter(JobCard::isRunning)
                .toList();
        long atLinodeUnread = count(summary, Overview.AT_LINODE::contains) - atLinode.size();
        return new Overview.Sections(
                cards(attention.first().stream(), summary, now),
                attention.total(),
                running.stream().limit(RUNNING_SHOWN).toList(),
                running.size() + Math.max(0, atLinodeUnread),
                Stream.concat(retrying.stream(), open(Overview.NOT_STARTED, WAITING_SHOWN, summary, now).stream())
                        .limit(WAITING_SHOWN)
                        .toList(),
                retrying.size() + count(summary, Overview.NOT_STARTED::contains));
    }

    private List<JobCard> open(Set<JobState> states, int limit, QueueView.Summary summary, Instant now) {
        JobSearch search = JobSearch.uploadOrder(states);
        return cards(queue.list(search.filter(limit)).items().stream(), summary, now);
    }

    private static List<JobCard> cards(Stream<JobView> jobs, QueueView.Summary summary, Instant now) {
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
