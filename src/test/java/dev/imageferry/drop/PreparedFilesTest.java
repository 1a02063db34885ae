package dev.imageferry.drop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.job.FileFingerprint;
import dev.imageferry.job.Job;
import dev.imageferry.job.JobState;
import dev.imageferry.job.PreparedFile;
import dev.imageferry.job.SampleJobs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PreparedFilesTest {
    @TempDir
    Path root;

    private final Job job = SampleJobs.in(JobState.CHECKING, 1);
    private PreparedFiles prepared;

    @BeforeEach
    void open() throws IOException {
        prepared = new PreparedFiles(TestFolder.open(root));
        Files.createDirectories(root.resolve(job.file()).getParent());
    }

    private Job converted() throws IOException {
        FileFingerprint made = TestFolder.write(prepared.of(job), "prepared");
        return job.withPrepared(new PreparedFile(made, "0".repeat(64)), job.fingerprint());
    }

    @Test
    void the_prepared_file_is_there_until_it_is_removed_or_changed() throws IOException {
        assertThat(prepared.isThere(job)).isFalse();
        Job converted = converted();
        assertThat(prepared.isThere(converted)).isTrue();

        Files.writeString(prepared.of(job), "other content");
        assertThat(prepared.isThere(converted)).isFalse();

        Files.delete(prepared.of(job));
        assertThat(prepared.isThere(converted)).isFalse();
    }

    @Test
    void each_claim_of_a_job_writes_its_own_file() {
        assertThat(job.leaseEpoch()).isEqualTo(3);
        assertThat(prepared.draftOf(job)).hasFileName(".imageferry-" + job.id() + "-prepared-3");
        assertThat(prepared.of(job)).hasFileName(".imageferry-" + job.id() + "-prepared");
    }

    @Test
    void removes_all_files_of_one_job_and_no_others() throws IOException {
        Path image = Files.writeString(root.resolve(job.file()), "image");
        Path other = Files.writeString(
                image.resolveSibling(".imageferry-" + UUID.randomUUID() + "-prepared"), "of another job");
        Path held = Files.writeString(image.resolveSibling(".imageferry-" + job.id() + ".yaml"), "held");
        Files.writeString(prepared.of(job), "prepared");
        Files.writeString(prepared.draftOf(job), "draft");
        Files.writeString(
                prepared.draftOf(job).resolveSibling(prepared.draftOf(job).getFileName() + ".raw"), "raw");

        prepared.remove(job);

        try (var left = Files.list(image.getParent())) {
            assertThat(left).containsExactlyInAnyOrder(image, other, held);
        }
    }

    @Test
    void nothing_is_to_be_removed_if_the_folder_is_gone() throws IOException {
        Files.delete(root.resolve(job.file()).getParent());

        prepared.remove(job);

        assertThat(prepared.isThere(job)).isFalse();
    }

    @Test
    void left_overs_are_the_files_of_jobs_that_are_not_open() throws IOException {
        UUID ended = UUID.randomUUID();
        Path deep = Files.createDirectories(root.resolve("a/b"));
        Path left = Files.writeString(deep.resolve(".imageferry-" + ended + "-prepared"), "left over");
        Path draft = Files.writeString(deep.resolve(".imageferry-" + ended + "-prepared-7.raw"), "left over");
        Path notOurs = Files.writeString(deep.resolve(".imageferry-" + ended), "held by archiving");
        Path open = Files.writeString(prepared.of(job), "in use");

        prepared.removeLeftOvers(id -> id.equals(job.id()));

        assertThat(left).doesNotExist();
        assertThat(draft).doesNotExist();
        assertThat(notOurs).exists();
        assertThat(open).exists();
    }
}
