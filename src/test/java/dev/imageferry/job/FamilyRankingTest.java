package dev.imageferry.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FamilyRankingTest {
    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                // images of the jobs, newest first; kept; existing; beyond, newest first
                "'5,4,3,2,1', 3, '1,2,3,4,5', '2,1'",
                "'5,4,3,2,1', 1, '1,2,3,4,5', '4,3,2,1'",
                "'5,4,3', 3, '3,4,5', ''",
                "'5,4', 3, '4,5', ''",
                "'5,4,3', -, '3,4,5', ''",
                // images that do not exist do not count, so older ones stay
                "'5,4,3,2,1', 2, '1,2,3', '1'",
                "'5,4,3,2,1', 2, '', ''",
                // an image beyond the kept ones can be gone already
                "'5,4,3,2,1', 2, '5,4,1', '3,2,1'",
                // an image is as new as the newest job that holds it
                "'5,4,5,3,4,2', 2, '2,3,4,5', '3,2'"
            })
    void images_beyond_the_newest_that_exist(String images, @Nullable Integer keep, String existing, String beyond) {
        List<Job> jobs = ids(images).map(id -> job(id, keep)).toList();

        assertThat(FamilyRanking.beyondKept(jobs, Set.copyOf(ids(existing).toList())))
                .isEqualTo(ids(beyond).toList());
    }

    @Test
    void the_newest_job_decides() {
        assertThat(FamilyRanking.beyondKept(List.of(job("2", null), job("1", 1)), Set.of("1", "2")))
                .isEmpty();
        assertThat(FamilyRanking.beyondKept(List.of(job("2", 1), job("1", 5)), Set.of("1", "2")))
                .containsExactly("1");
        assertThat(FamilyRanking.beyondKept(List.of(), Set.of("1"))).isEmpty();
    }

    private static Stream<String> ids(String list) {
        return Stream.of(list.split(",", -1)).filter(id -> !id.isEmpty());
    }

    private static Job job(String image, @Nullable Integer keep) {
        return SampleJobs.in(JobState.AVAILABLE, 1)
                .withMetadata(new ImageMetadata(
                        "debian-12", "", "us-ord", List.of(), false, List.of(), 0, "debian", keep, null))
                .withImage(new ImageRecord(1, false, image, "available", List.of(), null, null));
    }
}
