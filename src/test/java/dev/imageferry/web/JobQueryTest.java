package dev.imageferry.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.imageferry.job.JobState;
import dev.imageferry.queue.JobFilter;
import dev.imageferry.queue.JobFilter.Order;
import dev.imageferry.queue.JobFilter.Position;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class JobQueryTest {
    private static final UUID ID = new UUID(1, 2);
    private static final JobQuery DEFAULTS = new JobQuery(
            new JobFilter(Set.of(), Set.of(), null, null, null, null, null, Order.NEWEST, 50, null), Duration.ZERO);

    @Test
    void defaults_to_the_newest_50_jobs() {
        assertThat(JobQuery.parse(Map.of())).isEqualTo(DEFAULTS);
    }

    @Test
    void ignores_a_parameter_without_value() {
        assertThat(JobQuery.parse(Map.of(
                        "state", List.of(""),
                        "file", List.of(""),
                        "label", List.of(""),
                        "order", List.of(""),
                        "limit", List.of(""),
                        "after", List.of(""),
                        "wait", List.of(""))))
                .isEqualTo(DEFAULTS);
    }

    @Test
    void parses_all_parameters() {
        Position position = new Position(3, Instant.parse("2026-11-24T02:10:08.123456Z"), UUID.randomUUID());

        assertThat(JobQuery.parse(Map.of(
                        "state", List.of("READY,uploading", "FAILED"),
                        "file", List.of("nightly/*.img.gz"),
                        "label", List.of("100%_*"),
                        "id", List.of(ID.toString()),
                        "sha256", List.of("0A".repeat(32)),
                        "since", List.of("2026-11-24T02:00:00+01:00"),
                        "order", List.of("Priority"),
                        "limit", List.of("500"),
                        "after", List.of(Cursor.of(position)),
                        "wait", List.of("60s"))))
                .isEqualTo(new JobQuery(
                        new JobFilter(
                                Set.of(JobState.READY, JobState.UPLOADING, JobState.FAILED),
                                Set.of(ID),
                                "nightly/*.img.gz",
                                "100%_*",
                                null,
                                "0a".repeat(32),
                                Instant.parse("2026-11-24T01:00:00Z"),
                                Order.PRIORITY,
                                500,
                                position),
                        Duration.ofSeconds(60)));
    }

    @Test
    void parses_a_family() {
        assertThat(JobQuery.parse(Map.of("family", List.of("debian-12")))
                        .filter()
                        .familyOrNull())
                .isEqualTo("debian-12");
        assertThat(JobQuery.parseSelection(Map.of("family", List.of("debian-12")))
                        .familyOrNull())
                .isEqualTo("debian-12");
        assertThat(JobQuery.parseFamily("debian-12", Map.of("limit", List.of("7"))))
                .isEqualTo(JobFilter.imagesOf("debian-12", 7, null));
    }

    @ParameterizedTest
    @CsvSource({"60s,PT1M", "2m,PT2M", "500ms,PT0.5S", "PT1M30S,PT1M30S", "90,PT1M30S", "0s,PT0S", "10m,PT10M"})
    void parses_durations(String value, Duration expected) {
        assertThat(JobQuery.parse(Map.of("wait", List.of(value))).waitLimit()).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "state,DONE,REPLICATING",
        "state,'READY,nonsense',REPLICATING",
        "order,random,'newest, oldest, priority'",
        "limit,0,from 1 to 500",
        "limit,501,from 1 to 500",
        "limit,-1,from 1 to 500",
        "limit,1.5,from 1 to 500",
        "limit,99999999999999999999,from 1 to 500",
        "after,bm9uc2Vuc2U,next",
        "id,17,UUID",
        "sha256,0a0b,64 hexadecimal digits",
        "since,yesterday,2026-11-30T08:15:00Z",
        "since,2026-11-24T02:00:00,2026-11-30T08:15:00Z",
        "wait,soon,from 0s to 10m",
        "wait,-5s,from 0s to 10m",
        "wait,PT-5S,from 0s to 10m",
        "wait,10m1s,from 0s to 10m",
        "wait,11m,from 0s to 10m",
        "wait,99999999999999999999s,from 0s to 10m",
    })
    void refuses_an_invalid_value_and_names_the_allowed_ones(String name, String value, String allowed) {
        ApiProblem problem = invalid(Map.of(name, List.of(value)));

        assertThat(problem.status()).isEqualTo(400);
        assertThat(problem.detail())
                .contains("\"" + name + "\"")
                .contains("\"" + value.substring(value.indexOf(',') + 1) + "\"")
                .contains(allowed);
    }

    @ParameterizedTest
    @ValueSource(strings = {"file", "label", "family", "sha256", "since", "order", "limit", "after", "wait"})
    void refuses_two_values_of_a_single_parameter(String name) {
        assertThat(invalid(Map.of(name, List.of("a", "b"))).detail()).contains("\"" + name + "\"", "one value");
    }

    @Test
    void refuses_an_unknown_parameter() {
        assertThat(invalid(Map.of("fiel", List.of("x"))).detail()).contains("\"fiel\"", "file", "wait");
    }

    @ParameterizedTest
    @ValueSource(strings = {"file", "label"})
    void refuses_nul_characters(String name) {
        assertThat(invalid(Map.of(name, List.of("a\0b"))).detail())
                .contains("\"a\\0b\"")
                .doesNotContain("\0");
    }

    @Test
    void a_change_of_many_jobs_needs_a_filter() {
        assertThat(catchThrowableOfType(ProblemException.class, () -> JobQuery.parseSelection(Map.of()))
                        .problem("/api/v1/jobs/retry")
                        .detail())
                .contains("at least one", "file, id, label, sha256, since, state");
        assertThat(catchThrowableOfType(
                                ProblemException.class,
                                () -> JobQuery.parseSelection(
                                        Map.of("state", List.of("FAILED"), "limit", List.of("3"))))
                        .problem("/api/v1/jobs/retry")
                        .detail())
                .contains("\"limit\"");
        assertThat(JobQuery.parseSelection(Map.of("state", List.of("FAILED"))).states())
                .containsExactly(JobState.FAILED);
    }

    private static ApiProblem invalid(Map<String, List<String>> parameters) {
        ProblemException problem = catchThrowableOfType(ProblemException.class, () -> JobQuery.parse(parameters));
        return problem.problem("/api/v1/jobs");
    }
}
