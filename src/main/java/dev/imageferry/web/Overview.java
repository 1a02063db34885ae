package dev.imageferry.web;

import dev.imageferry.daemon.QueueView;
import dev.imageferry.job.JobState;
import java.util.Arrays;
import java.util.List;

/**
 * The data of the page at {@code /}.
 *
 * @param next URL of the next page of jobs; empty on the last page
 * @param otherFiles the first files in the folder that are not jobs
 * @param moreFiles how many such files are not in {@code otherFiles}
 */
record Overview(
        JobSearch search,
        List<StateTile> states,
        long all,
        Figures figures,
        List<JobCard> jobs,
        String next,
        List<OtherFile> otherFiles,
        int moreFiles) {
    private static final int FILES_SHOWN = 100;

    Overview {
        states = List.copyOf(states);
        jobs = List.copyOf(jobs);
        otherFiles = List.copyOf(otherFiles);
    }

    static Overview of(JobSearch search, QueueView.Summary summary, JobPage page, List<QueueView.DropFile> dropFiles) {
        return new Overview(
                search,
                Arrays.stream(JobState.values())
                        .map(state -> StateTile.of(state, summary, search))
                        .toList(),
                summary.jobs().values().stream().mapToLong(Long::longValue).sum(),
                Figures.of(summary),
                page.items().stream().map(job -> JobCard.of(job, summary)).toList(),
                page.next() == null ? "" : search.pageAfter(page.next()),
                dropFiles.stream().limit(FILES_SHOWN).map(OtherFile::of).toList(),
                Math.max(0, dropFiles.size() - FILES_SHOWN));
    }

    /** The number of jobs in a state, and a link that selects the state. */
    record StateTile(JobState state, String name, long count, boolean selected, String url) {
        static StateTile of(JobState state, QueueView.Summary summary, JobSearch search) {
            return new StateTile(
                    state,
                    PageText.name(state),
                    summary.jobs().getOrDefault(state, 0L),
                    search.states().contains(state),
                    search.withStateToggled(state));
        }
    }

    /** Totals of the queue, and its current activity. */
    record Figures(String rate, long uploads, String delivered, String wasted, String oldestWaiting) {
        static Figures of(QueueView.Summary summary) {
            return new Figures(
                    PageText.bytes(summary.bytesPerSecond()) + "/s",
                    summary.uploadsInProgress(),
                    PageText.bytes(summary.totals().deliveredBytes()),
                    PageText.bytes(summary.totals().wastedBytes()),
                    summary.oldestWaitingSeconds() == 0 ? "–" : PageText.seconds(summary.oldestWaitingSeconds()));
        }
    }

    /** A file that is not a job. */
    record OtherFile(String file, String size, String status, String reason) {
        static OtherFile of(QueueView.DropFile file) {
            return new OtherFile(file.file(), PageText.bytes(file.bytes()), file.status(), file.reason());
        }
    }
}
