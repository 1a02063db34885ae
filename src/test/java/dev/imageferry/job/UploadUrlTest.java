package dev.imageferry.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UploadUrlTest {
    private static final UploadUrl URL = new UploadUrl(
            "https://us-ord-1.linodeobjects.com:443/bucket/1?Signature=s3cret%3D&Expires=1764000000&AWSAccessKeyId=k3y");

    @Test
    void to_string_hides_the_url() {
        Job job = SampleJobs.in(JobState.UPLOADING, 1)
                .withImage(ImageRecord.NONE.intendingNext().created("private/1", "pending_upload", List.of(), URL));

        assertThat(job.toString()).contains("private/1").doesNotContain("s3cret", "k3y", "linodeobjects", "Expires");
        assertThat(new StepOutcome.Advanced(job, JobState.UPLOADING, "").toString())
                .doesNotContain("s3cret");
        assertThat(URL).hasToString("UploadUrl[hidden]");
    }

    @Test
    void returns_host_and_expiry() {
        assertThat(URL.host()).isEqualTo("us-ord-1.linodeobjects.com:443");
        assertThat(URL.expires()).contains(Instant.ofEpochSecond(1_764_000_000));
        assertThat(new UploadUrl("https://b.example/1?Expires=5").expires()).contains(Instant.ofEpochSecond(5));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://b.example/1",
                "https://b.example/Expires=5",
                "https://b.example/1?NotExpires=5",
                "https://b.example/1?Expires=",
                "https://b.example/1?Expires=soon",
                "https://b.example/1?Expires=5s",
                "https://b.example/1?Expires=99999999999999999999"
            })
    void returns_no_expiry_if_the_url_contains_none(String url) {
        assertThat(new UploadUrl(url).expires()).isEmpty();
    }
}
