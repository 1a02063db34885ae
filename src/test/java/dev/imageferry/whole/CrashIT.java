package dev.imageferry.whole;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.simulator.Effect;
import dev.imageferry.simulator.Fault;
import dev.imageferry.simulator.Operation;
import dev.imageferry.simulator.RecordedRequest;
import dev.imageferry.simulator.RequestListener;
import dev.imageferry.simulator.RequestListener.Moment;
import dev.imageferry.simulator.SimulatedImage;
import dev.imageferry.simulator.SimulatedLinode;
import dev.imageferry.simulator.SimulatorOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Kills or stops the daemon at chosen points and restarts it on the same directory. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CrashIT {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final Duration GRACE = Duration.ofSeconds(2);

    /** The time to cut the PUT, write the results and stop Quarkus and PostgreSQL on a busy machine. */
    private static final Duration STOPPING = Duration.ofSeconds(12);

    /** More than the socket buffers, so that both ends are in the middle of the PUT at the same time. */
    private static final int PAYLOAD_BYTES = 14 << 20;

    private static final int MIDDLE_BYTES = 2 << 20;

    @TempDir
    static Path directory;

    private SimulatedLinode linode;
    private DaemonProcess daemon;

    /** The points at which the JVM is killed. */
    enum Death {
        BEFORE_THE_CREATE_CALL_IS_HANDLED {
            @Override
            RequestListener listener(Consumer<RecordedRequest> action) {
                return RequestListener.on(Operation.CREATE, Moment.ARRIVED, action);
            }
        },
        AFTER_THE_ANSWER_TO_THE_CREATE_CALL {
            @Override
            RequestListener listener(Consumer<RecordedRequest> action) {
                return RequestListener.on(Operation.CREATE, Moment.ANSWERED, action);
            }
        },
        IN_THE_MIDDLE_OF_THE_PUT {
            @Override
            RequestListener listener(Consumer<RecordedRequest> action) {
                return RequestListener.onPutBytes(MIDDLE_BYTES, action);
            }
        },
        AFTER_THE_ANSWER_TO_THE_PUT {
            @Override
            RequestListener listener(Consumer<RecordedRequest> action) {
                return RequestListener.on(Operation.PUT_OBJECT, Moment.ANSWERED, action);
            }
        };

        abstract RequestListener listener(Consumer<RecordedRequest> action);
    }

    @BeforeAll
    void open() {
        linode = SimulatedLinode.start(SimulatorOptions.forTests());
        daemon = DaemonProcess.in(directory, linode)
                .set("imageferry.shutdown.grace", GRACE.toSeconds() + "s")
                .set("imageferry.instance", "the-only-one");
    }

    @BeforeEach
    void start() {
        if (!daemon.isAlive()) {
            daemon.start();
        }
    }

    @AfterAll
    void close() throws IOException {
        boolean killed = !daemon.isAlive();
        daemon.close();
        if (killed) {
            // a failed test can leave PostgreSQL running
            postmaster().ifPresent(ProcessHandle::destroy);
        }
        linode.close();
    }

    @ParameterizedTest
    @EnumSource(Death.class)
    void resumes_after_sigkill(Death death) throws Exception {
        // given
        String label = death.name().toLowerCase(Locale.ROOT).replace('_', '-');
        String file = label + ".img.gz";
        Path made = DiskImages.ext4(directory.resolve(file), PAYLOAD_BYTES, label.hashCode());
        String hash = DiskImages.sha256(made);
        ProcessHandle postmaster = postmaster().orElseThrow();
        CompletableFuture<Boolean> databaseLivesOn = new CompletableFuture<>();
        linode.onRequest(death.listener(once(label, () -> {
            daemon.kill();
            databaseLivesOn.complete(runs(postmaster));
        })));

        // when
        Files.move(made, daemon.dropFolder().resolve(file));
        assertThat(await(databaseLivesOn))
                .as("PostgreSQL still runs after the JVM was killed")
                .isTrue();
        daemon.start();
        JobStory story = JobStory.awaitArchived(daemon, file, 1, LIMIT).getFirst();

        // then
        story.assertStraightWayToAvailable();
        assertThat(story.details()).contains("taken over from the-only-one");
        assertOneImage(label, hash, story);
        assertInDone(file, hash);
        List<SimulatedImage> created = created(label);
        List<RecordedRequest> puts = puts(label);
        switch (death) {
            case BEFORE_THE_CREATE_CALL_IS_HANDLED -> {
                assertThat(created).as("a left-over image and its replacement").hasSize(2);
                assertThat(puts).hasSize(1);
            }
            case AFTER_THE_ANSWER_TO_THE_CREATE_CALL ->
                assertThat(created)
                        .as("one image, or two if the answer was lost")
                        .hasSizeBetween(1, 2);
            case IN_THE_MIDDLE_OF_THE_PUT -> {
                assertThat(created).as("the image is reused").hasSize(1);
                assertThat(puts).extracting(RecordedRequest::stored).containsExactly(false, true);
                assertThat(puts.getFirst().bodyBytes()).isBetween((long) MIDDLE_BYTES, Files.size(inDone(file)) - 1);
                assertThat(puts)
                        .extracting(RecordedRequest::path)
                        .containsOnly(puts.getFirst().path());
            }
            case AFTER_THE_ANSWER_TO_THE_PUT -> {
                assertThat(created).hasSize(1);
                assertThat(puts).as("the file is not sent again").hasSize(1);
            }
        }
    }

    @Test
    void sigterm_during_a_put_ends_after_the_grace_and_uses_up_no_attempt() throws Exception {
        // given
        String file = "sigterm.img.gz";
        Path made = DiskImages.ext4(directory.resolve(file), PAYLOAD_BYTES, 100);
        String hash = DiskImages.sha256(made);
        ProcessHandle postmaster = postmaster().orElseThrow();
        // too slow to finish within the grace
        linode.script(Fault.onPut(new Effect.ReadSlowly(400_000)).forLabel("sigterm"));
        CompletableFuture<Long> signalled = new CompletableFuture<>();
        linode.onRequest(RequestListener.onPutBytes(500_000, once("sigterm", () -> {
            signalled.complete(System.nanoTime());
            daemon.process().destroy();
        })));

        // when
        Files.move(made, daemon.dropFolder().resolve(file));
        long begun = await(signalled);
        daemon.awaitEnd();
        Duration took = Duration.ofNanos(System.nanoTime() - begun);

        String lastLines = daemon.log();

        // then
        assertThat(took).isBetween(GRACE, GRACE.plus(STOPPING));
        assertThat(runs(postmaster)).as("PostgreSQL stops with the daemon").isFalse();
        assertThat(database().resolve("data/postmaster.pid"))
                .as("the pid file of a server that did not stop properly")
                .doesNotExist();
        daemon.start();
        JobStory story = JobStory.awaitArchived(daemon, file, 1, LIMIT).getFirst();
        story.assertStraightWayToAvailable();
        assertThat(story.details())
                .as("history, after\n%s", lastLines)
                .contains("interrupted: the daemon is shutting down");
        assertThat(puts("sigterm")).extracting(RecordedRequest::stored).containsExactly(false, true);
        assertThat(created("sigterm")).hasSize(1);
        assertOneImage("sigterm", hash, story);
        assertInDone(file, hash);
    }

    @Test
    void second_daemon_on_the_same_data_exits_with_one_line_and_changes_nothing() throws Exception {
        // given
        ProcessHandle postmaster = postmaster().orElseThrow();
        Path elsewhere = Files.createDirectory(directory.resolve("second"));
        int status;
        String said;

        // when
        try (DaemonProcess second = DaemonProcess.in(elsewhere, linode)
                .set("imageferry.drop.directory", daemon.dropFolder().toString())
                .set("imageferry.database.directory", database().toString())
                .launch()) {
            status = second.awaitEnd();
            said = second.log();
        }

        // then
        assertThat(status).isEqualTo(1);
        assertThat(said.strip().lines())
                .singleElement()
                .asString()
                .contains(
                        "in use by another Imageferry",
                        "pid=" + daemon.process().pid(),
                        database().toString());
        assertThat(runs(postmaster)).isTrue();
        Path made = DiskImages.ext4(directory.resolve("unharmed.img.gz"), 300_000, 101);
        String hash = DiskImages.sha256(made);
        Files.move(made, daemon.dropFolder().resolve("unharmed.img.gz"));
        JobStory story =
                JobStory.awaitArchived(daemon, "unharmed.img.gz", 1, LIMIT).getFirst();
        story.assertStraightWayToAvailable();
        assertOneImage("unharmed", hash, story);
    }

    private void assertOneImage(String label, String hash, JobStory story) {
        List<SimulatedImage> created = created(label);
        List<SimulatedImage> left =
                created.stream().filter(image -> image.endingOrNull() == null).toList();
        assertThat(left).as("existing images of %s", label).hasSize(1);
        SimulatedImage image = left.getFirst();
        assertThat(image.isAvailable()).isTrue();
        assertThat(image.sha256OrNull()).isEqualTo(hash);
        assertThat(image.objectsStored()).isEqualTo(1);
        assertThat(image.id()).isEqualTo(story.imageId());
        assertThat(created.stream().filter(gone -> gone.endingOrNull() != null))
                .as("left-overs, deleted")
                .allSatisfy(gone -> {
                    assertThat(gone.endingOrNull()).isEqualTo(SimulatedImage.Ending.DELETED);
                    assertThat(gone.objectsStored()).isZero();
                });
    }

    private void assertInDone(String file, String hash) throws IOException {
        assertThat(FolderTree.files(daemon.dropFolder().resolve("done"), file))
                .containsExactly(file, file + ".receipt.json");
        assertThat(DiskImages.sha256(inDone(file))).isEqualTo(hash);
        assertThat(FolderTree.files(daemon.dropFolder()))
                .noneMatch(left -> left.equals(file) || left.startsWith("failed/" + file))
                .noneMatch(left -> left.matches("(.*/)?\\.imageferry-([0-9a-f]{8}|copy)-.*"));
    }

    private Path inDone(String file) {
        return daemon.dropFolder().resolve("done").resolve(file);
    }

    private List<SimulatedImage> created(String label) {
        return linode.everCreated().stream()
                .filter(image -> image.label().equals(label))
                .toList();
    }

    private List<RecordedRequest> puts(String label) {
        return linode.requests(Operation.PUT_OBJECT).stream()
                .filter(put -> label.equals(put.labelOrNull()))
                .toList();
    }

    /** Runs the action once for this file. Listeners of the simulator receive the requests of all files and cannot be removed. */
    private static Consumer<RecordedRequest> once(String label, Runnable action) {
        AtomicBoolean done = new AtomicBoolean();
        return request -> {
            if (label.equals(request.labelOrNull()) && done.compareAndSet(false, true)) {
                action.run();
            }
        };
    }

    private <T> T await(CompletableFuture<T> point) throws InterruptedException, ExecutionException {
        try {
            return point.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            throw new AssertionError("the kill point was not reached; log:\n" + daemon.log(), e);
        }
    }

    private Path database() {
        return directory.resolve("data/postgres");
    }

    /** Whether the server runs. Checks {@code /proc}, because Java reports a zombie process as alive. */
    private boolean runs(ProcessHandle server) {
        try {
            return Path.of("/proc", Long.toString(server.pid()), "cwd")
                    .toRealPath()
                    .equals(database().resolve("data").toRealPath());
        } catch (IOException e) {
            return false;
        }
    }

    /** Returns the process of the embedded server, whose pid is the first line of its pid file. */
    private Optional<ProcessHandle> postmaster() throws IOException {
        Path file = database().resolve("data/postmaster.pid");
        return Files.exists(file)
                ? ProcessHandle.of(
                        Long.parseLong(Files.readAllLines(file).getFirst().strip()))
                : Optional.empty();
    }
}
