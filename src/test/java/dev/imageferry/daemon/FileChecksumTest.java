package dev.imageferry.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.Job;
import dev.imageferry.job.JobState;
import dev.imageferry.simulator.SimulatedImage;
import dev.imageferry.simulator.SimulatedLinode;
import dev.imageferry.simulator.SimulatorOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Gzip files with checksums on their way through the states. */
@SuppressWarnings("NullAway.Init") // JUnit sets the fields
class FileChecksumTest {
    private static final String FILE = "debian.img.gz";
    private static final String RIGHT = Scenario.sha256(Scenario.IMAGE);
    private static final String WRONG = "0f".repeat(32);

    @TempDir
    Path root;

    private SimulatedLinode linode;
    private Pipeline pipeline;

    @BeforeEach
    void start() {
        linode = SimulatedLinode.start(Scenario.options(SimulatorOptions.forTests()));
        pipeline = new Pipeline(linode, root);
    }

    @AfterEach
    void stop() {
        linode.close();
    }

    private void write(String file, String text) throws IOException {
        Files.writeString(root.resolve(file), text + "\n");
    }

    @ParameterizedTest
    @CsvSource({
        "SHA256SUMS, '{sum}  debian.img.gz', SHA256SUMS",
        "debian.img.gz.sha256, '{sum}', failed/debian.img.gz.sha256",
        "debian.img.gz.yaml, 'sha256: {sum}', failed/debian.img.gz.yaml",
        "debian.img.gz.json, '{\"sha256\": \"{sum}\"}', failed/debian.img.gz.json"
    })
    void a_file_with_another_checksum_is_rejected(String source, String text, String afterwards) throws IOException {
        write(source, text.replace("{sum}", WRONG));
        pipeline.drop(FILE, Scenario.IMAGE);

        pipeline.start().runToEnd();

        Job job = pipeline.job();
        assertThat(job.state()).isEqualTo(JobState.REJECTED);
        assertThat(job.error().orElseThrow().code()).isEqualTo(ErrorCode.CHECKSUM_MISMATCH);
        assertThat(job.error().orElseThrow().message()).contains(FILE, RIGHT, WRONG);
        assertThat(linode.everCreated()).isEmpty();
        assertThat(Scenario.files(root))
                .containsExactlyInAnyOrder("failed/" + FILE, "failed/" + FILE + ".receipt.json", afterwards);
    }

    @Test
    void a_file_with_the_right_checksums_is_uploaded_and_archived_with_its_own() throws IOException {
        write("SHA256SUMS", RIGHT + " *" + FILE + "\n" + WRONG + "  other.img.gz");
        write(FILE + ".sha256", "SHA256 (" + FILE + ") = " + RIGHT.toUpperCase(Locale.ROOT));
        write(FILE + ".yaml", "sha256: " + RIGHT.toUpperCase(Locale.ROOT));
        pipeline.drop(FILE, Scenario.IMAGE);

        pipeline.start().runToEnd();

        assertThat(pipeline.job().state()).isEqualTo(JobState.AVAILABLE);
        assertThat(pipeline.job().checkedImage().contents().warnings()).noneMatch(text -> text.contains("SHA256SUMS"));
        assertThat(linode.images()).extracting(SimulatedImage::sha256OrNull).containsExactly(RIGHT);
        assertThat(Scenario.files(root))
                .containsExactlyInAnyOrder(
                        "SHA256SUMS",
                        "done/" + FILE,
                        "done/" + FILE + ".sha256",
                        "done/" + FILE + ".yaml",
                        "done/" + FILE + ".receipt.json");
    }

    @Test
    void a_file_without_a_line_is_uploaded_with_a_warning() throws IOException {
        write("SHA256SUMS", WRONG + "  other.img.gz");
        pipeline.drop(FILE, Scenario.IMAGE);

        pipeline.start().runToEnd();

        assertThat(pipeline.job().state()).isEqualTo(JobState.AVAILABLE);
        assertThat(pipeline.job().checkedImage().contents().warnings())
                .contains("SHA256SUMS has no line for this file, so it was not compared");
    }
}
