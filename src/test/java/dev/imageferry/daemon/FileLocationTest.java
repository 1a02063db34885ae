package dev.imageferry.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.drop.WhenDone;
import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.Job;
import dev.imageferry.job.JobState;
import dev.imageferry.job.Problem;
import dev.imageferry.job.SampleJobs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileLocationTest {
    @TempDir
    Path folder;

    @Test
    void an_open_job_has_its_file_where_it_was_dropped() throws IOException {
        Path dropped = file("images/debian-12.img.gz");

        assertThat(location(SampleJobs.in(JobState.UPLOADING, 1), WhenDone.MOVE))
                .isEqualTo(new FileLocation(dropped.toString(), ""));
    }

    @Test
    void an_archived_file_has_its_reserved_name() throws IOException {
        file("images/debian-12.img.gz");
        Path done = file("done/images/debian-12-2.img.gz");
        Path failed = file("failed/images/debian-12-2.img.gz");

        assertThat(location(reserved(JobState.AVAILABLE), WhenDone.MOVE).path()).isEqualTo(done.toString());
        assertThat(location(reserved(JobState.REJECTED), WhenDone.MOVE).path()).isEqualTo(failed.toString());
    }

    @Test
    void explains_a_file_that_is_gone() {
        assertThat(location(reserved(JobState.AVAILABLE), WhenDone.DELETE).note())
                .contains("imageferry.drop.when-done=delete");
        assertThat(location(reserved(JobState.FAILED), WhenDone.DELETE).note())
                .isEqualTo("no longer in the drop folder");
        Job changed = SampleJobs.in(JobState.CANCELLED, 1, new Problem(ErrorCode.FILE_CHANGED, "changed"));
        assertThat(location(changed, WhenDone.MOVE))
                .isEqualTo(new FileLocation("", "replaced by other content, which is a separate job"));
    }

    private FileLocation location(Job job, WhenDone whenDone) {
        return FileLocation.of(job, folder, whenDone);
    }

    private static Job reserved(JobState state) {
        return SampleJobs.in(state, 1).withArchiveName("images/debian-12-2.img.gz");
    }

    private Path file(String path) throws IOException {
        Path file = folder.resolve(path);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, path);
    }
}
