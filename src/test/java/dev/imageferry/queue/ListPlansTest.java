package dev.imageferry.queue;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.imageferry.job.JobState;
import dev.imageferry.queue.JobFilter.Order;
import dev.imageferry.queue.JobRepository.Statement;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.persistence.Query;
import jakarta.transaction.Transactional;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Checks the query plans of lists and counts with 100,000 ended and 1,000 open jobs. */
@QuarkusTest
@TestProfile(QueueProfile.class)
@Tag("exhaustive")
class ListPlansTest extends OnPostgres {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** The newest 10,000 jobs, the unfinished ones and a margin; far fewer than all jobs. */
    private static final long MOST_ROWS = 25_000;

    @Test
    void lists_and_counts_do_not_read_the_whole_table() throws Exception {
        table.fill(100_000, 1_000);
        table.execute("UPDATE job SET outcome_at = now() - make_interval(secs => inode)"
                + " WHERE state IN ('FAILED', 'REJECTED')");

        assertReadsLittle("counts", new Statement(QueueWatch.FACTS, Map.of("age", 120.0)));
        assertReadsLittle("unsettled", new Statement(AttentionList.UNSETTLED, Map.of()));
        assertReadsLittle(
                "jobs with the same image",
                new Statement(
                        "SELECT max(image_bytes(job)) FROM job WHERE state = 'AVAILABLE' AND image_id = 'private/7'",
                        Map.of()));
        assertReadsLittle("ended", new Statement(EndedList.ENDED.formatted(""), Map.of("limit", 31)));
        assertReadsLittle(
                "more ended",
                new Statement(
                        EndedList.ENDED.formatted(EndedList.AFTER),
                        Map.of("limit", 31, "endedAt", Instant.parse("2026-01-01T20:00:00Z"), "id", new UUID(0, 0))));
        table.execute("UPDATE job SET family = 'family-' || inode % 40, keep = 3, image_id = 'private/' || inode,"
                + " retired_reason = CASE WHEN inode > 4000 THEN '' END, retired_at = CASE WHEN inode > 4000 THEN now() END,"
                + " source_sha256 = CASE WHEN inode % 2 = 0 THEN md5(file) END, sha256 = md5(file)"
                + " WHERE inode <= 8000");
        table.execute("ANALYZE job");
        assertReadsLittle("families", new Statement(FamilyList.ALL, Map.of()));
        assertReadsLittle("newest of each family", new Statement(FamilyList.NEWEST, Map.of("limit", 9)));
        assertReadsLittle("latest", new Statement(FamilyList.LATEST, Map.of("family", "family-7")));
        assertReadsLittle("families with too many images", new Statement(FamilyImages.DUE, Map.of("lease", 120.0)));
        for (Order order : Order.values()) {
            for (Set<JobState> states : List.<Set<JobState>>of(Set.of(), Set.of(JobState.AVAILABLE))) {
                for (String family : new String[] {"family-7", "none"}) {
                    assertReadsLittle("of a family", listing(repository, selected(states, family, null, order)));
                }
                for (String sha256 : new String[] {"8ad8757baa8564dc136c1e07507f4a98", "none"}) {
                    assertReadsLittle("of a checksum", listing(repository, selected(states, null, sha256, order)));
                }
            }
        }
        for (Order order : Order.values()) {
            assertEveryFilterReadsLittle(repository, order);
        }

        // given: a server where pg_trgm cannot be created
        table.execute("DROP INDEX job_file_trigrams, job_label_trigrams");
        try {
            JobRepository without = new JobRepository();
            assertEveryFilterReadsLittle(without, Order.NEWEST);
            assertThat(files(without, "*100999*")).as("among the newest").containsExactly("file-0100999.img.gz");
            assertThat(files(without, "*0000077*")).as("ended long ago").isEmpty();
        } finally {
            table.execute("CREATE INDEX job_file_trigrams ON job USING gin (file gin_trgm_ops)");
            table.execute("CREATE INDEX job_label_trigrams ON job USING gin (label gin_trgm_ops)");
        }
    }

    private static JobFilter selected(
            Set<JobState> states, @Nullable String family, @Nullable String sha256, Order order) {
        return new JobFilter(states, Set.of(), null, null, family, sha256, null, order, 51, null);
    }

    @Transactional
    List<String> files(JobRepository jobs, String wildcard) {
        return jobs
                .list(new JobFilter(Set.of(), Set.of(), wildcard, null, null, null, null, Order.NEWEST, 51, null))
                .stream()
                .map(row -> row.file)
                .toList();
    }

    private void assertEveryFilterReadsLittle(JobRepository jobs, Order order) throws Exception {
        for (Set<JobState> states : List.<Set<JobState>>of(
                Set.of(),
                Set.of(JobState.AVAILABLE),
                Set.of(JobState.FAILED),
                Set.of(JobState.READY),
                Set.of(JobState.FAILED, JobState.REJECTED, JobState.UPLOADING),
                EnumSet.allOf(JobState.class))) {
            for (String name : new String[] {
                null, "file-0000077.img.gz", "file-000007*", "*77777.img*", "*no such file*", "*a*", "*", "%_!\\"
            }) {
                for (boolean byLabel : new boolean[] {false, true}) {
                    for (boolean further : new boolean[] {false, true}) {
                        JobFilter filter = new JobFilter(
                                states,
                                Set.of(),
                                byLabel ? null : name,
                                byLabel ? name : null,
                                null,
                                null,
                                null,
                                order,
                                51,
                                further
                                        ? new JobFilter.Position(
                                                0, Instant.parse("2026-01-01T20:00:00Z"), new UUID(0, 0))
                                        : null);
                        assertReadsLittle(filter.toString(), listing(jobs, filter));
                    }
                }
            }
        }
    }

    @Transactional
    Statement listing(JobRepository jobs, JobFilter filter) {
        return jobs.listing(filter);
    }

    private void assertReadsLittle(String what, Statement statement) throws Exception {
        JsonNode plan = JSON.readTree(explain(statement)).get(0).get("Plan");
        List<JsonNode> nodes = nodes(plan).toList();
        assertThat(nodes)
                .as("%s%n%s", what, plan.toPrettyString())
                .noneMatch(node -> node.path("Node Type").asText().equals("Seq Scan")
                        && node.path("Relation Name").asText().equals("job"));
        assertThat(nodes.stream()
                        .filter(node -> node.path("Relation Name").asText().equals("job"))
                        .mapToLong(node -> (node.path("Actual Rows").asLong()
                                        + node.path("Rows Removed by Filter").asLong()
                                        + node.path("Rows Removed by Index Recheck")
                                                .asLong())
                                * node.path("Actual Loops").asLong())
                        .sum())
                .as("rows read for %s%n%s", what, plan.toPrettyString())
                .isLessThan(MOST_ROWS);
    }

    @Transactional
    String explain(Statement statement) {
        Query query = entities.createNativeQuery("EXPLAIN (ANALYZE, FORMAT JSON) " + statement.sql(), String.class);
        statement.parameters().forEach(query::setParameter);
        return (String) query.getSingleResult();
    }

    private static Stream<JsonNode> nodes(JsonNode plan) {
        Stream.Builder<JsonNode> children = Stream.builder();
        plan.path("Plans").forEach(children);
        return Stream.concat(Stream.of(plan), children.build().flatMap(ListPlansTest::nodes));
    }
}
