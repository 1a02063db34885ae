package dev.imageferry.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.daemon.Pipeline;
import dev.imageferry.daemon.PipelineDatabase;
import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.JobState;
import dev.imageferry.job.SampleJobs;
import dev.imageferry.queue.Lane;
import dev.imageferry.queue.QueueAccess;
import java.time.InstantSource;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JobRunTest {
    @Test
    void wasted_bytes_are_counted_by_error_code() {
        JobRun run = new JobRun(
                SampleJobs.in(JobState.UPLOADING, 1),
                Lane.UPLOAD,
                new QueueAccess(PipelineDatabase.emptied(), "here", Pipeline.LEASE).queue(),
                new DatabaseRetry(
                        new Gates(InstantSource.system(), () -> 0), PipelineDatabase.connections(), pause -> {}));

        run.wasted(10, ErrorCode.UPLOAD_STALLED);
        run.wasted(5, ErrorCode.UPLOAD_CORRUPTED);
        run.wasted(1, ErrorCode.UPLOAD_STALLED);

        assertThat(run.wasted()).isEqualTo(Map.of(ErrorCode.UPLOAD_STALLED, 11L, ErrorCode.UPLOAD_CORRUPTED, 5L));
    }
}
