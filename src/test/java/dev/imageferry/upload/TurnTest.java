package dev.imageferry.upload;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.JobState;
import dev.imageferry.job.SampleJobs;
import dev.imageferry.queue.Lane;
import dev.imageferry.queue.QueueAccess;
import java.time.InstantSource;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TurnTest {
    @Test
    void wasted_bytes_are_booked_under_the_cause_of_each() {
        Turn turn = new Turn(
                SampleJobs.in(JobState.UPLOADING, 1),
                Lane.UPLOAD,
                new QueueAccess(PipelineDatabase.emptied(), "here", Pipeline.LEASE).queue(),
                new DatabaseRetry(
                        new Gates(InstantSource.system(), () -> 0), PipelineDatabase.connections(), pause -> {}));

        turn.wasted(10, ErrorCode.UPLOAD_STALLED);
        turn.wasted(5, ErrorCode.UPLOAD_CORRUPTED);
        turn.wasted(1, ErrorCode.UPLOAD_STALLED);

        assertThat(turn.wasted()).isEqualTo(Map.of(ErrorCode.UPLOAD_STALLED, 11L, ErrorCode.UPLOAD_CORRUPTED, 5L));
    }
}
