package dev.imageferry.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.daemon.FileLocation;
import dev.imageferry.job.ImageRecord;
import dev.imageferry.job.Job;
import dev.imageferry.job.JobState;
import dev.imageferry.job.JobView;
import dev.imageferry.job.SampleJobs;
import dev.imageferry.queue.HistoryEntry;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class JobDetailTest {
    private static final Instant START = SampleJobs.CREATED;

    @Test
    void the_timeline_shows_how_long_each_state_lasted() {
        JobDetail detail = detail(
                SampleJobs.in(JobState.UPLOADING, 1),
                entry(0, null, JobState.QUEUED),
                entry(2, JobState.QUEUED, JobState.CHECKING),
                entry(5, JobState.CHECKING, JobState.CHECKING),
                entry(72, JobState.CHECKING, JobState.UPLOADING));

        assertThat(detail.timeline())
                .extracting(JobDetail.TimelineEntry::lasted)
                .containsExactly("2 s", "1 min", "", "28 s");
    }

    @Test
    void an_ended_job_has_nothing_yet_to_come() {
        JobDetail detail = detail(
                SampleJobs.in(JobState.REJECTED, 1),
                entry(0, null, JobState.QUEUED),
                entry(1, JobState.QUEUED, JobState.REJECTED));

        assertThat(detail.timeline().getLast().lasted()).isEmpty();
        assertThat(detail.noImage()).isEqualTo("none");
        assertThat(detail.uncompressed()).isEqualTo("unknown");
        assertThat(detail.deployment()).isEmpty();
    }

    @Test
    void an_available_image_has_commands_to_deploy_it() {
        Job job = SampleJobs.in(JobState.AVAILABLE, 1)
                .withImage(new ImageRecord(1, false, "private/42", "available", List.of(), null, null));

        assertThat(detail(job).deployment())
                .extracting(JobDetail.Fact::value)
                .satisfiesExactly(
                        cli -> assertThat(cli)
                                .isEqualTo("linode-cli linodes create --image private/42 --region us-ord"
                                        + " --type g6-nanode-1 --label debian-12 --root_pass"),
                        terraform -> assertThat(terraform)
                                .startsWith("resource \"linode_instance\" \"debian-12\" {\n")
                                .contains("image  = \"private/42\""));
    }

    private static JobDetail detail(Job job, HistoryEntry... history) {
        JobCard card = new JobCard(JobView.of(job, new JobView.Terms(8, 0.10), null), "", START.plusSeconds(100));
        return JobDetail.of(card, List.of(history), new FileLocation("", ""));
    }

    private static HistoryEntry entry(int second, @Nullable JobState from, JobState to) {
        return new HistoryEntry(START.plusSeconds(second), from, to, 1, "host-1", "");
    }
}
