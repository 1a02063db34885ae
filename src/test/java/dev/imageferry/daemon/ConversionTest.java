package dev.imageferry.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.drop.PreparedFiles;
import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.Job;
import dev.imageferry.job.JobState;
import dev.imageferry.job.JobView;
import dev.imageferry.simulator.Effect;
import dev.imageferry.simulator.Fault;
import dev.imageferry.simulator.SimulatedImage;
import dev.imageferry.simulator.SimulatedLinode;
import dev.imageferry.simulator.SimulatorOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files of other formats on their way through the states. */
class ConversionTest {
    private static final byte[] RAW = Scenario.random(300_000, 3);
    private static final String FILE = "debian.img";

    @TempDir
    Path root;

    private SimulatedLinode linode;
    private Pipeline pipeline;

    @BeforeEach
    void start() {
        linode = SimulatedLinode.start(Scenario.options(SimulatorOptions.forTests()));
        pipeline = new Pipeline(linode, root).set("imageferry.drop.convert", "true");
    }

    @AfterEach
    void stop() {
        linode.close();
    }

    private List<String> states(Job job) {
        return pipeline.queue().history(job.id()).stream()
                .map(line -> line.get(1))
                .toList();
    }

    private Path prepared() throws IOException {
        return prepared(root);
    }

    private static Path prepared(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().contains("-prepared"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    @Test
    void a_raw_image_is_converted_checked_and_uploaded() throws IOException {
        pipeline.drop(FILE, RAW);

        pipeline.start().runToEnd();

        Job job = pipeline.job();
        assertThat(states(job))
                .containsExactly("QUEUED", "CONVERTING", "CHECKING", "READY", "UPLOADING", "PROCESSING", "AVAILABLE");
        assertThat(job.metadata().label()).isEqualTo("debian");
        assertThat(root.resolve("done/" + FILE)).hasBinaryContent(RAW);
        JobView view = JobView.receipt(job, new JobView.Terms(8, 0.1));
        assertThat(view.sha256()).isEqualTo(Scenario.sha256(RAW));
        assertThat(view.uncompressedBytes()).isEqualTo(RAW.length);
        assertThat(view.compressedBytes()).isEqualTo(job.checkedImage().compressedBytes());
        assertThat(view.progress().percent()).isEqualTo(100.0);
        assertThat(linode.images()).singleElement().satisfies(image -> {
            assertThat(image.isAvailable()).isTrue();
            assertThat(image.sha256OrNull()).isEqualTo(job.checkedImage().sha256());
        });
    }

    @Test
    void the_checksum_is_that_of_the_dropped_file() throws IOException {
        Files.writeString(root.resolve("SHA256SUMS"), Scenario.sha256(RAW) + "  " + FILE + "\n");
        pipeline.drop(FILE, RAW);

        pipeline.start().runToEnd();

        assertThat(pipeline.job().state()).isEqualTo(JobState.AVAILABLE);
        assertThat(pipeline.job().checkedImage().contents().warnings()).noneMatch(text -> text.contains("SHA256SUMS"));
    }

    @Test
    void another_checksum_may_be_that_of_an_unfinished_copy() throws IOException {
        pipeline.set("imageferry.drop.incomplete-after", "10m");
        Files.writeString(root.resolve(FILE + ".sha256"), Scenario.sha256(RAW));
        pipeline.drop(FILE, Scenario.random(200_000, 3));
        Pipeline.Daemon daemon = pipeline.start();

        daemon.runDue();
        assertThat(pipeline.job().state()).isEqualTo(JobState.CONVERTING);
        assertThat(pipeline.job().error().orElseThrow().code()).isEqualTo(ErrorCode.CHECKSUM_MISMATCH);
        assertThat(Scenario.files(root)).noneMatch(file -> file.contains("-prepared"));
        Files.write(root.resolve(FILE), RAW);
        daemon.runToEnd();

        assertThat(pipeline.jobs()).anyMatch(job -> job.state() == JobState.AVAILABLE);
        assertThat(linode.images()).hasSize(1);
    }

    @Test
    void a_file_with_another_checksum_is_rejected_when_it_does_not_change() throws IOException {
        pipeline.set("imageferry.drop.incomplete-after", "10m");
        Files.writeString(root.resolve(FILE + ".sha256"), Scenario.sha256(RAW));
        pipeline.drop(FILE, Scenario.random(200_000, 3));
        Pipeline.Daemon daemon = pipeline.start();
        daemon.runDue();

        pipeline.pass(Duration.ofMinutes(11));
        daemon.runToEnd();

        assertThat(pipeline.job().state()).isEqualTo(JobState.REJECTED);
        assertThat(pipeline.job().error().orElseThrow().message())
                .contains(FILE + ".sha256", Scenario.sha256(RAW), Scenario.sha256(Scenario.random(200_000, 3)));
        assertThat(Scenario.files(root))
                .containsExactlyInAnyOrder(
                        "failed/" + FILE, "failed/" + FILE + ".sha256", "failed/" + FILE + ".receipt.json");
        assertThat(linode.everCreated()).isEmpty();
    }

    @Test
    void a_prepared_file_that_someone_removed_is_made_again() throws IOException {
        pipeline.queue().control().setPaused(true);
        pipeline.drop(FILE, RAW);
        Pipeline.Daemon daemon = pipeline.start();
        daemon.runDue();
        assertThat(pipeline.job().state()).isEqualTo(JobState.READY);
        Files.delete(prepared());

        pipeline.queue().control().setPaused(false);
        daemon.runToEnd();

        assertThat(pipeline.job().state()).isEqualTo(JobState.AVAILABLE);
        assertThat(linode.images())
                .extracting(SimulatedImage::sha256OrNull)
                .containsExactly(pipeline.job().checkedImage().sha256());
        assertThat(Scenario.files(root)).containsExactlyInAnyOrder("done/" + FILE, "done/" + FILE + ".receipt.json");
    }

    @Test
    void a_prepared_file_that_is_removed_during_the_put_is_made_again_for_the_same_image() throws IOException {
        linode.script(Fault.onPut(new Effect.CutAfter(50_000)));
        pipeline.drop(FILE, RAW);
        Pipeline.Daemon daemon = pipeline.start();
        daemon.runDue();
        assertThat(pipeline.job().state()).isEqualTo(JobState.UPLOADING);
        String image = pipeline.job().image().idOrNull();
        Files.writeString(prepared(), "other content");
        Files.writeString(root.resolve(FILE + ".yaml"), "label: too late");

        daemon.runToEnd();

        Job job = pipeline.job();
        assertThat(states(job)).containsSubsequence("UPLOADING", "CONVERTING", "CHECKING", "READY", "AVAILABLE");
        assertThat(job.metadata().label()).isEqualTo("debian");
        assertThat(linode.everCreated()).hasSize(1);
        assertThat(job.image().idOrNull()).isEqualTo(image);
        assertThat(linode.images())
                .extracting(SimulatedImage::sha256OrNull)
                .containsExactly(job.checkedImage().sha256());
    }

    @Test
    @Tag("exhaustive")
    void one_image_after_a_crash_at_any_boundary_without_the_prepared_file() throws IOException {
        int boundary = 0;
        boolean killed = true;
        while (killed) {
            Path folder = Files.createDirectory(root.resolve("." + boundary));
            Pipeline trial = new Pipeline(linode, folder).set("imageferry.drop.convert", "true");
            int before = linode.images().size();
            trial.queue().control().setPaused(true);
            trial.drop(FILE, RAW);
            trial.start().runDue();
            Files.delete(prepared(folder));
            trial.queue().control().setPaused(false);
            int last = boundary++;
            Pipeline.Daemon first = trial.start((index, name, boundaries) -> {
                if (index == last) {
                    throw boundaries.kill(name);
                }
                return null;
            });
            try {
                first.runToEnd();
                killed = false;
            } catch (Boundaries.Killed e) {
                trial.pass(Pipeline.LEASE.plusSeconds(1));
                trial.start().runToEnd();
            }
            assertThat(trial.job().state()).isEqualTo(JobState.AVAILABLE);
            assertThat(linode.images()).as("images after a crash at %d", last).hasSize(before + 1);
            assertThat(Scenario.files(folder))
                    .containsExactlyInAnyOrder("done/" + FILE, "done/" + FILE + ".receipt.json");
        }
        assertThat(boundary).isGreaterThan(20);
    }

    @Test
    void the_files_of_an_earlier_claim_are_removed_before_the_conversion() throws IOException {
        pipeline.queue().control().setPaused(true);
        pipeline.drop(FILE, RAW);
        Pipeline.Daemon daemon = pipeline.start();
        daemon.service().scan();
        String ofJob = ".imageferry-" + pipeline.job().id() + "-prepared";
        Files.writeString(root.resolve(ofJob + "-1.raw"), "left over");
        Files.writeString(root.resolve(ofJob), "left over");

        daemon.service().dispatcher().dispatch();

        assertThat(pipeline.job().state()).isEqualTo(JobState.READY);
        assertThat(Scenario.files(root)).containsExactlyInAnyOrder(FILE, ofJob);
        assertThat(root.resolve(ofJob)).hasSize(pipeline.job().checkedImage().compressedBytes());
    }

    @Test
    void the_next_daemon_removes_the_files_of_jobs_that_are_archived_or_unknown() throws IOException {
        pipeline.queue().control().setPaused(true);
        pipeline.drop(FILE, RAW);
        Pipeline.Daemon daemon = pipeline.start();
        daemon.runDue();
        Path made = prepared();
        Path unknown = Files.writeString(
                root.resolve(".imageferry-00000000-0000-0000-0000-000000000001-prepared-1.raw"), "left over");
        LeftOverFiles leftOvers = new LeftOverFiles(
                daemon.service().incoming(),
                new PreparedFiles(daemon.service().folder()),
                pipeline.queue().queue(),
                pipeline.clock());

        leftOvers.remove();

        assertThat(made).exists();
        assertThat(unknown).doesNotExist();
        pipeline.queue().control().setPaused(false);
        daemon.runToEnd();
        assertThat(made).doesNotExist();
        Files.writeString(made, "left over");
        leftOvers.remove();
        assertThat(made).doesNotExist();
    }

    @Test
    void a_finished_conversion_is_not_repeated_by_the_next_daemon() throws IOException {
        pipeline.queue().control().setPaused(true);
        pipeline.drop(FILE, RAW);
        pipeline.start().runDue();
        Path made = prepared();
        Object inode = Files.getAttribute(made, "unix:ino");

        Pipeline.Daemon next = pipeline.start();
        next.runDue();
        assertThat(Files.getAttribute(prepared(), "unix:ino")).isEqualTo(inode);
        pipeline.queue().control().setPaused(false);
        next.runToEnd();

        assertThat(states(pipeline.job())).containsOnlyOnce("CONVERTING");
    }

    @Test
    void a_source_that_is_removed_takes_the_prepared_file_with_it() throws IOException {
        pipeline.queue().control().setPaused(true);
        pipeline.drop(FILE, RAW);
        Pipeline.Daemon daemon = pipeline.start();
        daemon.runDue();
        Files.delete(root.resolve(FILE));

        pipeline.queue().control().setPaused(false);
        daemon.runToEnd();

        assertThat(pipeline.job().error().orElseThrow().code()).isEqualTo(ErrorCode.FILE_REMOVED);
        assertThat(Scenario.files(root)).containsExactly("failed/" + FILE + ".receipt.json");
    }

    @Test
    void without_the_setting_other_formats_are_no_jobs() {
        pipeline.set("imageferry.drop.convert", "false");
        pipeline.drop(FILE, RAW);
        Pipeline.Daemon daemon = pipeline.start();

        daemon.runDue();

        assertThat(pipeline.jobs()).isEmpty();
        assertThat(daemon.service().intake().seen().ignored()).singleElement().satisfies(ignored -> {
            assertThat(ignored.file()).isEqualTo(FILE);
            assertThat(ignored.reason()).contains("imageferry.drop.convert=true");
        });
    }
}
