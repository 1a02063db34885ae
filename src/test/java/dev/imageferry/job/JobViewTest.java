package dev.imageferry.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class JobViewTest {
    private static final JobView.Terms TERMS = new JobView.Terms(8, 0.10);

    @Test
    void an_image_costs_its_uncompressed_gigabytes_in_every_region() {
        assertThat(monthlyCost(1L << 30, List.of())).isEqualTo(0.1);
        assertThat(monthlyCost(5L << 29, List.of("us-iad", "us-ord")))
                .as("the own region is not a copy")
                .isEqualTo(0.5);
        assertThat(monthlyCost(100 << 20, List.of())).isEqualTo(0.0098);
    }

    @Test
    void the_cost_is_unknown_before_the_check() {
        assertThat(JobView.of(SampleJobs.in(JobState.QUEUED, 0), TERMS, null).monthlyCost())
                .isNull();
    }

    private static @Nullable Double monthlyCost(long uncompressedBytes, List<String> replicateTo) {
        Job job = SampleJobs.in(JobState.READY, 0);
        CheckedImage checked = new CheckedImage(
                1000,
                uncompressedBytes,
                "00",
                "00",
                0,
                new DiskContents(null, null, null, "none", List.of(), List.of()));
        Job ready =
                job.withMetadata(job.metadata().withReplicateTo(replicateTo)).withChecked(checked, job.fingerprint());
        return JobView.of(ready, TERMS, null).monthlyCost();
    }
}
