package dev.imageferry.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.drop.Ignored;
import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.FileFingerprint;
import dev.imageferry.job.Job;
import dev.imageferry.job.JobLifecycle;
import dev.imageferry.job.JobState;
import dev.imageferry.queue.Claims;
import dev.imageferry.queue.JobControl.Change;
import dev.imageferry.simulator.Answer;
import dev.imageferry.simulator.Effect;
import dev.imageferry.simulator.Fault;
import dev.imageferry.simulator.Operation;
import dev.imageferry.simulator.SimulatedImage;
import dev.imageferry.simulator.SimulatedLinode;
import dev.imageferry.simulator.SimulatorOptions;
import dev.imageferry.worker.Gate;
import io.micrometer.core.instrument.Counter;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The guarantees of the daemon in the presence of outside events. */
@SuppressWarnings("NullAway.Init") // JUnit sets the fields
class PipelineTest {
    private static final SimulatedLinode LINODE = SimulatedLinode.start(Scenario.options(SimulatorOptions.forTests()));
    private static final Duration INCOMPLETE_AFTER = Duration.ofMinutes(10);
    private static final FileTime MODIFIED = FileTime.from(Instant.parse("2024-02-29T12:00:00Z"));

    @TempDir
    Path root;

    @TempDir
    Path elsewhere;

    private Pipeline pipeline;

    @BeforeEach
    void emptyEverything() {
        LINODE.clearFaults();
        LINODE.images().forEach(image -> LINODE.vanish(image.id()));
        pipeline = new Pipeline(LINODE, root);
    }

    @AfterAll
    static void close() {
        LINODE.close();
    }

    @Test
    void a_dispatch_fills_all_slots() {
        int files = Claims.MOST + 3;
        pipeline.set("imageferry.check.concurrency", Integer.toString(files));
        for (int i = 0; i < files; i++) {
            pipeline.drop(i + ".img.gz", Scenario.IMAGE);
        }
        Pipeline.Daemon daemon = pipeline.start();
        while (pipeline.jobs().size() < files) {
            daemon.service().scan();
            pipeline.pass(Duration.ofSeconds(2));
        }

        daemon.service().dispatcher().dispatch();

        assertThat(pipeline.queue().count("state = 'QUEUED'")).isZero();
    }

    // ---- facts during a database outage

    /** The database fails for the given number of statements. The clock moves between two attempts. */
    private static Boundaries.At away(BooleanSupplier from, int statements) {
        int[] left = {statements};
        return (index, name, boundaries) -> from.getAsBoolean() && Boundaries.isOfDatabase(name) && left[0]-- > 0
                ? new SQLException("the database system is shutting down", "57P01")
                : null;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 6, 300})
    void a_wrong_etag_is_recorded_after_a_database_outage_of_any_length(int statements) {
        LINODE.script(Fault.onPut(new Effect.WrongETag("d41d8cd98f00b204e9800998ecf8427e")));
        int before = LINODE.requests(Operation.PUT_OBJECT).size();
        pipeline.drop("debian.img.gz", Scenario.IMAGE);

        pipeline.start(away(
                        () -> LINODE.requests(Operation.PUT_OBJECT).stream()
                                .skip(before)
                                .anyMatch(put -> put.stored()),
                        statements))
                .runToEnd();

        assertThat(pipeline.job().state()).isEqualTo(JobState.AVAILABLE);
        assertThat(LINODE.requests(Operation.PUT_OBJECT).size() - before).isEqualTo(2);
        assertThat(LINODE.images())
                .extracting(SimulatedImage::id)
                .containsExactly(pipeline.job().image().idOrNull());
        assertThat(details())
                .filteredOn(detail -> detail.startsWith("upload-corrupted"))
                .hasSize(1);
    }

    @Test
    void a_created_image_is_used_after_a_database_outage_during_its_creation() {
        int before = LINODE.everCreated().size();
        pipeline.drop("debian.img.gz", Scenario.IMAGE);

        pipeline.start(away(() -> LINODE.everCreated().size() > before, 6)).runToEnd();

        assertThat(LINODE.everCreated().size() - before).as("images created").isEqualTo(1);
        assertThat(pipeline.job().state()).isEqualTo(JobState.AVAILABLE);
    }

    // ---- the identity of a file

    /** Drops a new file with the inode, size and modification time of the removed one, as can happen on ext4. */
    private void dropAgain(String name) throws IOException {
        Path file = pipeline.drop(name, Scenario.gzip(Scenario.random(100_000, 2)));
        Files.setLastModifiedTime(file, MODIFIED);
        FileFingerprint now = FileFingerprint.of(file);
        pipeline.queue()
                .execute(
                        "UPDATE job SET inode = ?, bytes = ?, modified_nanos = ? WHERE archived_at IS NOT NULL",
                        now.inode(),
                        now.bytes(),
                        now.modifiedNanos());
    }

    @ParameterizedTest
    @ValueSource(strings = {"delete", "move"})
    void a_file_that_reuses_an_inode_becomes_a_new_job(String whenDone) throws IOException {
        pipeline.set("imageferry.drop.when-done", whenDone);
        pipeline.drop("nightly.img.gz", Scenario.IMAGE);
        pipeline.start().runToEnd();
        dropAgain("nightly.img.gz");

        pipeline.start().runToEnd();

        assertThat(pipeline.jobs()).hasSize(2).extracting(Job::state).containsOnly(JobState.AVAILABLE);
        assertThat(LINODE.images()).hasSize(2);
        assertThat(root.resolve("nightly.img.gz")).doesNotExist();
    }

    @Test
    void a_kept_file_is_uploaded_once_and_again_after_an_edit_in_place() throws IOException {
        pipeline.set("imageferry.drop.when-done", "keep");
        Path file = pipeline.drop("kept.img.gz", Scenario.IMAGE);
        Files.setLastModifiedTime(file, MODIFIED);
        pipeline.start().runToEnd().runDue();
        pipeline.start().runDue();
        assertThat(pipeline.jobs()).as("after a restart").hasSize(1);

        byte[] other = Scenario.gzip(Scenario.random(100_000, 3));
        assertThat(other).hasSameSizeAs(Scenario.IMAGE);
        Files.write(file, other, StandardOpenOption.WRITE);
        Files.setLastModifiedTime(file, MODIFIED);
        pipeline.start().runToEnd();

        assertThat(pipeline.jobs()).hasSize(2);
        assertThat(LINODE.images()).extracting(SimulatedImage::sha256OrNull).contains(Scenario.sha256(other));
    }

    @Test
    void a_kept_file_that_was_removed_and_dropped_again_becomes_a_new_job() throws IOException {
        pipeline.set("imageferry.drop.when-done", "keep");
        pipeline.drop("kept.img.gz", Scenario.IMAGE);
        Pipeline.Daemon daemon = pipeline.start().runToEnd();
        Files.delete(root.resolve("kept.img.gz"));
        daemon.runDue();
        dropAgain("kept.img.gz");

        daemon.runToEnd();

        assertThat(pipeline.jobs()).hasSize(2);
    }

    @Test
    void a_sidecar_that_reuses_the_inode_of_an_old_sidecar_is_applied() throws IOException {
        Path image = pipeline.drop("x.img.gz", Scenario.IMAGE);
        Path sidecar = Files.writeString(root.resolve("x.img.gz.yaml"), "label: first\n");
        Pipeline.Daemon daemon = pipeline.start();
        daemon.service().scan();
        Files.delete(image);
        Files.delete(sidecar);
        daemon.runToEnd();
        assertThat(pipeline.job().error())
                .hasValueSatisfying(error -> assertThat(error.code()).isEqualTo(ErrorCode.FILE_REMOVED));
        Files.writeString(sidecar, "label: again\n");
        Files.setLastModifiedTime(sidecar, MODIFIED);
        FileFingerprint now = FileFingerprint.of(sidecar);
        pipeline.queue()
                .execute(
                        "UPDATE job SET sidecar_inode = ?, sidecar_bytes = ?, sidecar_modified_nanos = ?",
                        now.inode(),
                        now.bytes(),
                        now.modifiedNanos());
        pipeline.drop("x.img.gz", Scenario.IMAGE);

        daemon.runToEnd();

        assertThat(pipeline.jobs().getLast().metadata().label()).isEqualTo("again");
    }

    @Test
    void a_chmod_during_the_job_creates_no_second_job() throws IOException {
        Path file = pipeline.drop("x.img.gz", Scenario.IMAGE);
        Pipeline.Daemon daemon = pipeline.start((index, name, boundaries) -> {
            if (name.equals("after create")) {
                changeMode(file);
            }
            return null;
        });

        daemon.runToEnd();

        assertOneImageOfOneJob();
    }

    @Test
    void a_chmod_during_the_job_of_a_kept_file_creates_no_second_job() throws IOException {
        pipeline.set("imageferry.drop.when-done", "keep");
        Path file = pipeline.drop("x.img.gz", Scenario.IMAGE);
        Pipeline.Daemon daemon = pipeline.start((index, name, boundaries) -> {
            if (name.equals("after create")) {
                changeMode(file);
            }
            return null;
        });

        daemon.runToEnd();
        daemon.runDue();

        assertThat(pipeline.jobs()).extracting(Job::state).containsExactly(JobState.AVAILABLE);
        assertThat(file).exists();
    }

    @Test
    void the_removal_of_another_hard_link_creates_no_second_job() throws IOException {
        Path file = pipeline.drop("x.img.gz", Scenario.IMAGE);
        Path built = Files.createLink(elsewhere.resolve("built.img.gz"), file);
        Pipeline.Daemon daemon = pipeline.start((index, name, boundaries) -> {
            if (name.equals("after create")) {
                delete(built);
            }
            return null;
        });

        daemon.runToEnd();

        assertOneImageOfOneJob();
    }

    @Test
    void a_chmod_before_the_check_creates_no_second_job() throws IOException {
        Path file = pipeline.drop("x.img.gz", Scenario.IMAGE);
        Pipeline.Daemon daemon = pipeline.start();
        daemon.service().scan();
        changeMode(file);

        daemon.runToEnd();

        assertOneImageOfOneJob();
    }

    private void assertOneImageOfOneJob() {
        assertThat(LINODE.images()).hasSize(1);
        assertThat(pipeline.jobs()).extracting(Job::state).containsExactly(JobState.AVAILABLE);
        assertThat(root.resolve("x.img.gz")).doesNotExist();
        assertThat(root.resolve("done/x.img.gz")).exists();
    }

    private static void delete(Path file) {
        try {
            Files.delete(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void changeMode(Path file) {
        try {
            Files.setPosixFilePermissions(
                    file, java.util.Set.of(java.nio.file.attribute.PosixFilePermission.OWNER_READ));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void a_file_that_was_edited_in_place_after_its_check_is_not_uploaded() throws IOException {
        Path file = pipeline.drop("x.img.gz", Scenario.IMAGE);
        Files.setLastModifiedTime(file, MODIFIED);
        byte[] other = Scenario.gzip(Scenario.random(100_000, 3));
        Pipeline.Daemon daemon = pipeline.start((index, name, boundaries) -> {
            if (name.equals("after create") && pipeline.jobs().size() == 1) {
                edit(file, other);
            }
            return null;
        });

        daemon.runToEnd(2);

        assertThat(pipeline.jobs()).extracting(Job::state).containsExactly(JobState.CANCELLED, JobState.AVAILABLE);
        assertThat(LINODE.images()).extracting(SimulatedImage::sha256OrNull).containsExactly(Scenario.sha256(other));
    }

    private static void edit(Path file, byte[] content) {
        try {
            Files.write(file, content, StandardOpenOption.WRITE);
            Files.setLastModifiedTime(file, MODIFIED);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    // ---- unfinished copies

    /** Forms of an unfinished copy. */
    enum Unfinished {
        EMPTY {
            @Override
            byte[] content() {
                return new byte[0];
            }
        },
        PREALLOCATED {
            @Override
            byte[] content() {
                return new byte[Scenario.IMAGE.length];
            }
        },
        HALF_OF_A_PREALLOCATED {
            @Override
            byte[] content() {
                return Arrays.copyOf(Arrays.copyOf(Scenario.IMAGE, 50_000), Scenario.IMAGE.length);
            }
        },
        CUT_SHORT {
            @Override
            byte[] content() {
                return Arrays.copyOf(Scenario.IMAGE, 50_000);
            }
        },
        /** The zeroes decode as an endless symbol, so that the size limit is reached first. */
        PREALLOCATED_BEHIND_A_BLOCK_THAT_ZEROES_GO_ON_WITH {
            @Override
            byte[] content() {
                return Arrays.copyOf(Arrays.copyOf(Scenario.gzip(new byte[3_000_000]), 1_000), 300_000);
            }
        },
        /** The first member is complete, and the second one still consists of zeroes. */
        PREALLOCATED_AFTER_A_MEMBER {
            @Override
            byte[] content() {
                byte[] member = Scenario.gzip(Scenario.random(40_000, 4));
                return Arrays.copyOf(member, member.length + 10_000);
            }
        };

        abstract byte[] content();
    }

    @ParameterizedTest
    @EnumSource(Unfinished.class)
    void an_unfinished_copy_is_uploaded_when_it_is_complete(Unfinished copy) throws IOException {
        pipeline.set("imageferry.limits.uncompressed", "4000000");
        Path file = pipeline.drop("x.img.gz", copy.content());
        Pipeline.Daemon daemon = pipeline.start();
        daemon.runDue();
        assertThat(pipeline.job().state()).as("%s", pipeline.job().error()).isEqualTo(JobState.CHECKING);
        assertThat(pipeline.job().awaitsRestOfFile()).isTrue();

        Files.write(file, Scenario.IMAGE);
        daemon.runToEnd();

        assertThat(pipeline.job().state()).isEqualTo(JobState.AVAILABLE);
        assertThat(details()).noneMatch(detail -> detail.contains("retry"));
        assertThat(pipeline.queue().history(pipeline.job().id()))
                .allSatisfy(line -> assertThat(Integer.parseInt(line.get(2))).isLessThanOrEqualTo(1));
    }

    @ParameterizedTest
    @EnumSource(Unfinished.class)
    void an_unfinished_copy_is_rejected_after_it_has_not_changed_for_long_enough(Unfinished copy) {
        pipeline.set("imageferry.limits.uncompressed", "4000000");
        pipeline.drop("x.img.gz", copy.content());
        Pipeline.Daemon daemon = pipeline.start();
        daemon.runDue();
        pipeline.pass(INCOMPLETE_AFTER.minusSeconds(5));
        daemon.runDue();
        assertThat(pipeline.job().state()).isEqualTo(JobState.CHECKING);

        pipeline.pass(Duration.ofSeconds(6));
        daemon.runDue();

        assertThat(pipeline.job().state()).isEqualTo(JobState.REJECTED);
    }

    @ParameterizedTest
    @ValueSource(strings = {"2020-01-01T00:00:00Z", "2199-01-01T00:00:00Z"})
    void the_modification_time_of_an_unfinished_copy_does_not_matter(String modified) throws IOException {
        Path file = pipeline.drop("x.img.gz", Unfinished.CUT_SHORT.content());
        Files.setLastModifiedTime(file, FileTime.from(Instant.parse(modified)));
        Pipeline.Daemon daemon = pipeline.start();
        daemon.runDue();
        pipeline.pass(INCOMPLETE_AFTER.minusSeconds(5));
        daemon.runDue();
        assertThat(pipeline.job().state()).isEqualTo(JobState.CHECKING);

        pipeline.pass(Duration.ofSeconds(6));
        daemon.runDue();

        assertThat(pipeline.job().state()).isEqualTo(JobState.REJECTED);
    }

    @Test
    void each_change_of_an_unfinished_copy_restarts_the_wait() throws IOException {
        Path file = pipeline.drop("x.img.gz", Unfinished.CUT_SHORT.content());
        Pipeline.Daemon daemon = pipeline.start();
        for (int part = 60_000; part < 90_000; part += 10_000) {
            daemon.runDue();
            pipeline.pass(INCOMPLETE_AFTER.minusSeconds(5));
            Files.write(file, Arrays.copyOf(Scenario.IMAGE, part));
        }

        daemon.runDue();

        assertThat(pipeline.job().state()).isEqualTo(JobState.CHECKING);
    }

    @ParameterizedTest
    @ValueSource(strings = {".aria2", ".st", ".part"})
    void a_file_with_a_download_control_file_becomes_a_job_when_that_is_gone(String suffix) throws IOException {
        Path control = Files.writeString(root.resolve("x.img.gz" + suffix), "control");
        Path file = pipeline.drop("x.img.gz", Unfinished.PREALLOCATED.content());
        Pipeline.Daemon daemon = pipeline.start();
        daemon.runDue();
        assertThat(pipeline.jobs()).isEmpty();
        assertThat(daemon.service().intake().seen().unfinished())
                .extracting(Ignored::reason)
                .containsExactly("still being downloaded: waiting until x.img.gz" + suffix + " is gone");

        Files.write(file, Scenario.IMAGE);
        Files.delete(control);
        daemon.runToEnd();

        assertThat(pipeline.job().state()).isEqualTo(JobState.AVAILABLE);
    }

    @Test
    void a_file_in_a_download_folder_does_not_become_a_job() throws IOException {
        Files.createDirectory(root.resolve("x.img.gz.download"));
        pipeline.drop("x.img.gz.download/x.img.gz", Scenario.IMAGE);
        Pipeline.Daemon daemon = pipeline.start();

        daemon.runDue();

        assertThat(pipeline.jobs()).isEmpty();
        assertThat(daemon.service().intake().seen().unfinished()).hasSize(1);
    }

    @Test
    void a_download_whose_control_file_appeared_late_is_not_rejected() throws IOException {
        pipeline.drop("x.img.gz", Unfinished.PREALLOCATED.content());
        Pipeline.Daemon daemon = pipeline.start();
        daemon.runDue();
        Files.writeString(root.resolve("x.img.gz.aria2"), "control");

        pipeline.pass(INCOMPLETE_AFTER.multipliedBy(3));
        daemon.runDue();

        assertThat(pipeline.job().state()).isEqualTo(JobState.CHECKING);
    }

    @Test
    void a_file_that_grows_in_failed_is_reported() throws IOException {
        pipeline.drop("x.img.gz", Unfinished.CUT_SHORT.content());
        Pipeline.Daemon daemon = pipeline.start().runToEnd();
        Files.write(root.resolve("failed/x.img.gz"), new byte[1000], StandardOpenOption.APPEND);
        pipeline.pass(Duration.ofSeconds(31));

        daemon.runDue();

        assertThat(daemon.service().intake().seen().ignored()).singleElement().satisfies(ignored -> {
            assertThat(ignored.file()).isEqualTo("failed/x.img.gz");
            assertThat(ignored.reason()).contains("has grown from 50000 to 51000 bytes", "Move it back");
        });
    }

    @Test
    void a_damaged_file_that_is_not_an_unfinished_copy_is_rejected_at_once() {
        byte[] damaged = Scenario.IMAGE.clone();
        Arrays.fill(damaged, 40_000, 41_000, (byte) 0x5a);
        pipeline.drop("x.img.gz", damaged);

        pipeline.start().runDue();

        assertThat(pipeline.job().state()).isEqualTo(JobState.REJECTED);
    }

    @Test
    void an_image_with_an_ending_of_the_setting_gets_the_label_of_the_template() throws IOException {
        pipeline.set("imageferry.drop.names", ".img.gz,.disk.gz").set("imageferry.image.label", "golden {name}");
        pipeline.drop("debian.disk.gz", Scenario.IMAGE);
        pipeline.drop("debian.raw.gz", Scenario.IMAGE);

        Pipeline.Daemon daemon = pipeline.start().runToEnd();

        assertThat(pipeline.job().file()).isEqualTo("debian.disk.gz");
        assertThat(LINODE.images()).extracting(SimulatedImage::label).containsExactly("golden debian");
        assertThat(daemon.service().intake().seen().ignored()).singleElement().satisfies(ignored -> {
            assertThat(ignored.file()).isEqualTo("debian.raw.gz");
            assertThat(ignored.reason()).contains("rename it to end in .img.gz");
        });
        assertThat(Scenario.files(root))
                .contains("done/debian.disk.gz", "done/debian.disk.gz.receipt.json", "debian.raw.gz");
    }

    @Test
    void a_wrong_region_is_rejected_at_the_check_and_the_corrected_file_is_uploaded() throws IOException {
        Files.writeString(root.resolve("x.img.gz.yaml"), "label: fine\nregion: us-orrd\n");
        pipeline.drop("x.img.gz", Scenario.IMAGE);
        pipeline.drop("other.img.gz", Scenario.IMAGE);

        Pipeline.Daemon daemon = pipeline.start().runToEnd(2);

        Job wrong = jobOf("x.img.gz");
        assertThat(wrong.state()).isEqualTo(JobState.REJECTED);
        assertThat(wrong.error().orElseThrow().code()).isEqualTo(ErrorCode.BAD_METADATA);
        assertThat(wrong.error().orElseThrow().message())
                .startsWith("x.img.gz.yaml line 2 key region is \"us-orrd\", which is not a region of Linode")
                .contains("us-ord");
        assertThat(jobOf("other.img.gz").state()).isEqualTo(JobState.AVAILABLE);
        assertThat(LINODE.images()).hasSize(1);

        Files.writeString(root.resolve("failed/x.img.gz.yaml"), "label: fine\nregion: us-iad\n");
        Files.move(root.resolve("failed/x.img.gz.yaml"), root.resolve("x.img.gz.yaml"));
        Files.move(root.resolve("failed/x.img.gz"), root.resolve("x.img.gz"));
        daemon.runToEnd(3);

        assertThat(LINODE.images()).extracting(SimulatedImage::region).containsExactlyInAnyOrder("us-ord", "us-iad");
    }

    private Job jobOf(String file) {
        return pipeline.jobs().stream()
                .filter(job -> job.file().equals(file))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void a_file_is_uploaded_while_the_regions_cannot_be_listed() {
        LINODE.script(
                Fault.answer(Operation.REGIONS, Answer.nginx(403, "Forbidden")).always());
        pipeline.drop("x.img.gz", Scenario.IMAGE);

        pipeline.start().runToEnd();

        assertOneImageOfOneJob();
    }

    @Tag("exhaustive")
    @Test
    void a_sparse_file_of_the_full_size_is_read_quickly() throws IOException {
        try (RandomAccessFile file =
                new RandomAccessFile(root.resolve("x.img.gz").toFile(), "rw")) {
            file.setLength(3L << 30);
        }

        pipeline.start().runDue();

        assertThat(pipeline.job().awaitsRestOfFile()).isTrue();
    }

    @Test
    void a_name_of_the_maximum_length_is_accepted() {
        pipeline.drop("n".repeat(248) + ".img.gz", Scenario.IMAGE);

        pipeline.start().runToEnd();

        assertThat(pipeline.job().state()).isEqualTo(JobState.AVAILABLE);
    }

    // ---- the way of a job through the database

    @Test
    void a_job_is_committed_once_for_each_fact() {
        pipeline.drop("debian.img.gz", Scenario.IMAGE);

        Pipeline.Daemon daemon = pipeline.start().runToEnd();

        List<String> commits = daemon.boundaries().passed().stream()
                .filter(name -> name.matches("before (COMMIT|UPDATE|INSERT|WITH offered|WITH written).*"))
                .map(name -> name.substring("before ".length()))
                .map(name -> name.substring(0, Math.min(30, name.length())))
                .toList();
        assertThat(commits)
                .containsExactly(
                        "UPDATE job SET file_gone_at = ", // the first scan
                        "WITH offered AS ( SELECT *, st", // the file is a job
                        "WITH written AS ( UPDATE job S", // checked
                        "COMMIT", // the image will be created
                        "UPDATE job SET label = ?, desc", // the image is created
                        "UPDATE job SET all_bytes_sent_", // the final bytes follow
                        "WITH written AS ( UPDATE job S", // uploaded
                        "WITH written AS ( UPDATE job S", // available; the lease is kept for archiving
                        "UPDATE job SET label = ?, desc", // the name in done/ is reserved
                        "UPDATE job SET label = ?, desc"); // archived
    }

    @Test
    void a_scan_of_files_that_are_jobs_asks_the_database_nothing() {
        for (int i = 0; i < 3; i++) {
            pipeline.drop(i + ".img.gz", Scenario.IMAGE);
        }
        Pipeline.Daemon daemon = pipeline.start();
        daemon.service().scan();
        assertThat(pipeline.jobs()).hasSize(3);
        List<String> before = daemon.boundaries().passed();

        daemon.service().scan();

        assertThat(daemon.boundaries().passed()).isEqualTo(before);
    }

    // ---- one file does not delay another

    @Test
    void a_file_that_the_database_refuses_is_listed_and_delays_no_other() {
        pipeline.queue().execute("""
                CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
                'BEGIN RAISE EXCEPTION ''has no equivalent in encoding "LATIN1"'' USING ERRCODE = ''22P05''; END'
                """);
        pipeline.queue()
                .execute("CREATE TRIGGER refuse BEFORE INSERT ON job FOR EACH ROW WHEN (NEW.file = '日.img.gz')"
                        + " EXECUTE FUNCTION refuse()");
        try {
            pipeline.drop("a.img.gz", Scenario.IMAGE);
            pipeline.drop("日.img.gz", Scenario.IMAGE);
            pipeline.drop("語.img.gz", Scenario.gzip(Scenario.random(90_000, 5)));
            Pipeline.Daemon daemon = pipeline.start();

            daemon.runToEnd();

            assertThat(pipeline.jobs()).extracting(Job::file).containsExactlyInAnyOrder("a.img.gz", "語.img.gz");
            assertThat(daemon.service().intake().seen().ignored())
                    .singleElement()
                    .satisfies(ignored -> {
                        assertThat(ignored.file()).isEqualTo("日.img.gz");
                        assertThat(ignored.reason()).contains("LATIN1", "Rename the file");
                    });
            assertThat(daemon.gates().isOpen(Gate.DATABASE)).isTrue();
        } finally {
            pipeline.queue().execute("DROP TRIGGER refuse ON job");
            pipeline.queue().execute("DROP FUNCTION refuse");
        }
    }

    // ---- bugs in statements

    @Test
    void a_statement_with_a_bug_uses_up_no_attempt_and_the_job_shows_a_reason() {
        pipeline.drop("x.img.gz", Scenario.IMAGE);
        boolean[] done = {false};
        Pipeline.Daemon daemon = pipeline.start((index, name, boundaries) -> {
            boolean bug = name.startsWith("before WITH written") && !done[0];
            done[0] |= bug;
            return bug ? new SQLException("value too long for type", "22001") : null;
        });

        daemon.runDue();

        Job job = pipeline.job();
        assertThat(job.state()).isEqualTo(JobState.CHECKING);
        assertThat(job.attempt()).isEqualTo(1);
        assertThat(job.error()).hasValueSatisfying(error -> {
            assertThat(error.code()).isEqualTo(ErrorCode.INSTANCE_LOST);
            assertThat(error.message()).contains("bug");
        });
        assertThat(daemon.runToEnd().pipeline().job().state()).isEqualTo(JobState.AVAILABLE);
    }

    // ---- waiting

    @Test
    void a_job_that_waits_for_its_duplicate_shows_a_reason() throws IOException {
        LINODE.script(Fault.onPut(new Effect.CutAfter(1000)).times(2));
        pipeline.drop("a.img.gz", Scenario.IMAGE);
        Files.createDirectory(root.resolve("b"));
        pipeline.drop("b/a.img.gz", Scenario.IMAGE);
        Pipeline.Daemon daemon = pipeline.start();
        daemon.runDue();
        daemon.runDue();

        assertThat(pipeline.jobs())
                .filteredOn(job -> job.error()
                        .filter(error -> error.code() == ErrorCode.DUPLICATE_IN_PROGRESS)
                        .isPresent())
                .singleElement()
                .satisfies(
                        job -> assertThat(job.error().orElseThrow().message()).contains("same content"));
        assertThat(daemon.runToEnd().pipeline().jobs()).extracting(Job::state).containsOnly(JobState.AVAILABLE);
        assertThat(LINODE.images()).hasSize(1);
    }

    @Test
    void a_job_does_not_wait_for_a_duplicate_in_a_folder_without_a_daemon() {
        pipeline.drop("x.img.gz", Scenario.IMAGE);
        Pipeline.Daemon before = pipeline.start((index, name, boundaries) -> {
            if (name.equals("after create")) {
                throw boundaries.kill(name);
            }
            return null;
        });
        try {
            before.runToEnd();
        } catch (Boundaries.Killed e) {
            assertThat(before.boundaries().isDead()).isTrue();
        }
        UUID elsewhere = UUID.randomUUID();
        pipeline.queue().execute("UPDATE job SET folder_id = ?", elsewhere);
        pipeline.queue().execute("DELETE FROM instance");
        pipeline.pass(Pipeline.LEASE.plusSeconds(1));

        Pipeline.Daemon daemon = pipeline.start();
        for (int round = 0; round < 10; round++) {
            daemon.runDue();
            pipeline.pass(Pipeline.ROUND);
        }

        assertThat(pipeline.jobs())
                .filteredOn(job -> !job.folderId().equals(elsewhere))
                .extracting(Job::state)
                .containsExactly(JobState.AVAILABLE);
        Job abandoned = pipeline.jobs().stream()
                .filter(job -> job.folderId().equals(elsewhere))
                .findFirst()
                .orElseThrow();
        pipeline.queue().control().requestCancel(abandoned.id());
        daemon.runDue();
        assertThat(pipeline.queue().queue().find(abandoned.id())).hasValueSatisfying(job -> {
            assertThat(job.state()).isEqualTo(JobState.CANCELLED);
            assertThat(job.image().idOrNull()).isNull();
        });
        assertThat(LINODE.images()).hasSize(1);
    }

    @Test
    void a_retry_after_a_damaged_upload_checks_the_file_again() throws IOException {
        pipeline.set("imageferry.retry.max-attempts", "1");
        LINODE.script(Fault.onPut(new Effect.WrongETag("d41d8cd98f00b204e9800998ecf8427e")));
        pipeline.drop("x.img.gz", Scenario.IMAGE);
        Pipeline.Daemon daemon = pipeline.start().runToEnd();
        Job failed = pipeline.job();
        assertThat(failed.error())
                .hasValueSatisfying(error -> assertThat(error.code()).isEqualTo(ErrorCode.UPLOAD_CORRUPTED));
        Files.move(root.resolve("failed/x.img.gz"), root.resolve("x.img.gz"));
        Job again = JobLifecycle.retried(failed, FileFingerprint.of(root.resolve("x.img.gz")), failed.metadata());
        assertThat(again.state()).isEqualTo(JobState.QUEUED);
        assertThat(again.checked()).isEmpty();

        assertThat(pipeline.queue().control().retry(again)).isInstanceOf(Change.Made.class);
        daemon.runToEnd();

        assertThat(pipeline.job().state()).isEqualTo(JobState.AVAILABLE);
    }

    // ---- accounting

    @Test
    void bytes_of_a_result_whose_answer_was_lost_are_counted_once() {
        LINODE.script(Fault.onPut(new Effect.CutAfter(50_000)));
        pipeline.drop("x.img.gz", Scenario.IMAGE);
        boolean[] lost = {false};

        Pipeline.Daemon daemon = pipeline.start((index, name, boundaries) -> {
                    boolean now = !lost[0]
                            && name.startsWith("after WITH written")
                            && pipeline.queue().total("wasted_bytes") > 0;
                    lost[0] |= now;
                    return now ? new SQLException("the connection was lost", "08006") : null;
                })
                .runToEnd();

        assertThat(lost[0]).isTrue();
        double booked = daemon.registry().find("imageferry_wasted_bytes").counters().stream()
                .mapToDouble(Counter::count)
                .sum();
        assertThat(booked).isPositive().isEqualTo((double) pipeline.queue().total("wasted_bytes"));
        assertThat(pipeline.queue().total("AVAILABLE")).isOne();
    }

    private List<String> details() {
        return pipeline.queue().history(pipeline.job().id()).stream()
                .map(line -> line.get(3))
                .toList();
    }
}
