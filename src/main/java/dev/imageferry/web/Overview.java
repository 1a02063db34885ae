package dev.imageferry.web;

import dev.imageferry.daemon.QueueView;
import dev.imageferry.job.JobState;
import dev.imageferry.job.JobView;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The data of the page at {@code /}: the sections, or the results of a search.
 *
 * @param all how many jobs there are
 * @param sections empty for the results of a search
 * @param jobs ended jobs, or the results of the search
 * @param next URL of the next page of {@code jobs}; empty on the last page
 * @param results how many jobs match the search, in words
 * @param newest the newest image of each of the first families
 * @param moreFamilies whether there are more
 * @param otherFiles the first files in the folder that are not jobs
 * @param moreFiles how many such files are not in {@code otherFiles}
 */
record Overview(
        JobSearch search,
        List<StateFilter> states,
        long all,
        Sections sections,
        List<JobCard> jobs,
        String next,
        String results,
        Activity activity,
        DropArea drop,
        List<NewestImage> newest,
        boolean moreFamilies,
        List<OtherFile> otherFiles,
        int moreFiles) {
    static final Set<JobState> AT_WORK = Set.of(JobState.CONVERTING, JobState.CHECKING, JobState.UPLOADING);
    static final Set<JobState> AT_LINODE = Set.of(JobState.PROCESSING, JobState.REPLICATING);
    static final Set<JobState> NOT_STARTED = Set.of(JobState.QUEUED, JobState.READY);
    static final Set<JobState> OPEN = states(state -> !state.isEnd());

    Overview {
        states = List.copyOf(states);
        jobs = List.copyOf(jobs);
        newest = List.copyOf(newest);
        otherFiles = List.copyOf(otherFiles);
    }

    /**
     * The jobs that need a person, and those in progress.
     *
     * @param attention the newest jobs that need a person
     * @param attentionTotal how many there are
     * @param running the first jobs that move
     * @param runningTotal how many there are
     * @param waiting the first jobs that wait
     * @param waitingTotal how many there are
     */
    record Sections(
            List<JobCard> attention,
            int attentionTotal,
            List<JobCard> running,
            long runningTotal,
            List<JobCard> waiting,
            long waitingTotal) {
        static final Sections NONE = new Sections(List.of(), 0, List.of(), 0, List.of(), 0);

        Sections {
            attention = List.copyOf(attention);
            running = List.copyOf(running);
            waiting = List.copyOf(waiting);
        }

        /** How many open jobs are not shown. */
        public long more() {
            return runningTotal + waitingTotal - running.size() - waiting.size();
        }
    }

    static List<StateFilter> filters(QueueView.Summary summary, JobSearch search) {
        return Arrays.stream(JobState.values())
                .map(state -> StateFilter.of(state, summary, search))
                .filter(filter -> filter.count() > 0 || filter.selected())
                .toList();
    }

    private static Set<JobState> states(Predicate<JobState> wanted) {
        Set<JobState> states = EnumSet.allOf(JobState.class);
        states.removeIf(wanted.negate());
        return states;
    }

    /** Whether there is nothing to show but how to begin. */
    public boolean isEmpty() {
        return search.isOverview() && all == 0;
    }

    /** Whether this is not the first page of a list. */
    public boolean isFurther() {
        return !search.after().isEmpty() || !search.endedBefore().isEmpty();
    }

    /** URL of all open jobs. */
    public String openUrl() {
        return JobSearch.uploadOrder(OPEN).firstPage();
    }

    /** URL of all failed and rejected jobs. */
    public String failuresUrl() {
        return JobSearch.newest(Set.of(JobState.FAILED, JobState.REJECTED)).firstPage();
    }

    /** The number of jobs in a state, and a link that selects the state. */
    record StateFilter(JobState state, String name, long count, boolean selected, String url) {
        static StateFilter of(JobState state, QueueView.Summary summary, JobSearch search) {
            return new StateFilter(
                    state,
                    PageText.name(state),
                    summary.jobs().getOrDefault(state, 0L),
                    search.states().contains(state),
                    search.withStateToggled(state));
        }
    }

    /** The newest image of a family, with the URL of the jobs of the family. */
    record NewestImage(String family, String url, String image) {
        static NewestImage of(JobView job) {
            String family = Objects.requireNonNull(job.family());
            return new NewestImage(
                    family,
                    JobSearch.ofFamily(family),
                    Objects.requireNonNull(job.image()).id());
        }
    }

    /** A file that is not a job. */
    record OtherFile(String file, String size, String status, String reason) {
        static OtherFile of(QueueView.DropFile file) {
            return new OtherFile(file.file(), PageText.bytes(file.bytes()), file.status(), file.reason());
        }
    }
}
