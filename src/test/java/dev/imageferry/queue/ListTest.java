package dev.imageferry.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.job.Job;
import dev.imageferry.job.JobState;
import dev.imageferry.queue.JobFilter.Order;
import dev.imageferry.queue.JobFilter.Position;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

@QuarkusTest
@TestProfile(QueueProfile.class)
class ListTest extends OnPostgres {
    private static final int JOBS = 23;
    private static final Comparator<Job> BY_AGE =
            Comparator.comparing(Job::createdAt).thenComparing(job -> job.id().toString());

    @ParameterizedTest
    @EnumSource(Order.class)
    void pages_contain_each_job_once_and_in_order_while_jobs_are_added(Order order) throws Exception {
        for (int i = 0; i < JOBS; i++) {
            // four jobs share each creation time, with several priorities
            String age = "created_at = timestamptz '2026-03-29 01:30:00.000001Z' + interval '1 hour' * " + i / 4;
            table.set(table.put("old-" + i, JobState.QUEUED), "priority = " + i % 3 + ", " + age);
        }
        List<Job> seen = new ArrayList<>();
        Position after = null;
        List<Job> page;

        do {
            page = list(new JobFilter(Set.of(), Set.of(), null, null, null, null, null, order, 5, after));
            seen.addAll(page);
            if (!page.isEmpty()) {
                Job last = page.getLast();
                after = new Position(last.priority(), last.createdAt(), last.id());
                // newer, more urgent or older than all others: before or after the remaining pages
                table.set(table.put("new-" + seen.size(), JobState.QUEUED), "priority = 9");
            }
        } while (!page.isEmpty() && seen.size() < 10 * JOBS);

        List<Job> old =
                seen.stream().filter(job -> job.file().startsWith("old-")).toList();
        assertThat(old).extracting(Job::file).hasSize(JOBS).doesNotHaveDuplicates();
        assertThat(seen).extracting(Job::id).doesNotHaveDuplicates();
        assertThat(seen)
                .isSortedAccordingTo(
                        switch (order) {
                            case NEWEST -> BY_AGE.reversed();
                            case OLDEST -> BY_AGE;
                            case PRIORITY ->
                                Comparator.comparingInt(Job::priority)
                                        .reversed()
                                        .thenComparing(BY_AGE);
                        });
    }

    @Test
    void only_the_last_page_is_shorter_than_the_limit() throws Exception {
        for (int i = 0; i < 7; i++) {
            table.put("f" + i, JobState.QUEUED);
        }

        assertThat(list(filter(null, null, 5))).hasSize(5);
        assertThat(list(filter(null, null, 8))).hasSize(7);
    }

    @ParameterizedTest
    @CsvSource({
        "100%.img.gz, 100%.img.gz",
        "100%*, 100%.img.gz",
        "100_.img.gz, 100_.img.gz",
        "100!.img.gz, 100!.img.gz",
        "100\\.img.gz, 100\\.img.gz",
        "a/*, a/b.img.gz",
        "*b.img.gz, a/b.img.gz",
        "a*b*gz, a/b.img.gz",
        "%, ",
        "100, ",
        "100?.img.gz, ",
        "A/b.img.gz, ",
        "****/****b.img.gz, a/b.img.gz",
    })
    void asterisk_is_the_only_wildcard(String wildcard, @Nullable String match) throws Exception {
        List<String> files = List.of("100%.img.gz", "100_.img.gz", "100!.img.gz", "100\\.img.gz", "a/b.img.gz");
        for (String file : files) {
            UUID id = table.put(file, JobState.QUEUED);
            table.execute("UPDATE job SET label = file WHERE id = ?::uuid", id);
        }

        List<String> expected = match == null ? List.of() : List.of(match);
        assertThat(list(filter(wildcard, null, 10))).extracting(Job::file).isEqualTo(expected);
        assertThat(list(filter(null, wildcard, 10))).extracting(Job::file).isEqualTo(expected);
    }

    @Test
    void reads_in_one_snapshot_see_each_job_in_one_state() throws Exception {
        UUID id = table.put("a", JobState.PROCESSING);

        List<Job> found = lists.inOneSnapshot(() -> {
            List<Job> open = list(inState(JobState.PROCESSING));
            CompletableFuture.runAsync(() -> end(id)).join();
            return Stream.concat(open.stream(), list(inState(JobState.CANCELLED)).stream())
                    .toList();
        });

        assertThat(found).extracting(Job::state).containsExactly(JobState.PROCESSING);
        assertThat(job(id).state()).isEqualTo(JobState.CANCELLED);
    }

    private void end(UUID id) {
        try {
            table.set(id, "state = 'CANCELLED', outcome_at = now()");
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static JobFilter inState(JobState state) {
        return new JobFilter(Set.of(state), Set.of(), null, null, null, null, null, Order.NEWEST, 10, null);
    }

    @Test
    void conditions_are_combined_with_and() throws Exception {
        table.put("a-1", JobState.QUEUED);
        table.set(table.put("a-2", JobState.READY), "label = 'other'");
        table.put("a-3", JobState.READY);
        table.put("b-1", JobState.CHECKING);

        Set<JobState> states = Set.of(JobState.READY, JobState.CHECKING);
        assertThat(list(new JobFilter(states, Set.of(), "a*", "deb*", null, null, null, Order.OLDEST, 10, null)))
                .extracting(Job::file)
                .containsExactly("a-3");
        assertThat(list(new JobFilter(states, Set.of(), null, null, null, null, null, Order.OLDEST, 10, null)))
                .extracting(Job::file)
                .containsExactly("a-2", "a-3", "b-1");
    }

    private static JobFilter filter(@Nullable String file, @Nullable String label, int limit) {
        return new JobFilter(Set.of(), Set.of(), file, label, null, null, null, Order.NEWEST, limit, null);
    }
}
