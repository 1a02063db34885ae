package dev.imageferry.whole;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.imageferry.simulator.Effect;
import dev.imageferry.simulator.Fault;
import dev.imageferry.simulator.Operation;
import dev.imageferry.simulator.RecordedRequest;
import dev.imageferry.simulator.RequestListener;
import dev.imageferry.simulator.SimulatedImage;
import dev.imageferry.simulator.SimulatedImage.RegionCopy;
import dev.imageferry.simulator.SimulatedLinode;
import dev.imageferry.simulator.SimulatorOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Equal files share one image, whether the first is in progress or has arrived. Only the job that created the image deletes it. */
@Tag("exhaustive")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SameContentIT {
    private static final Duration LIMIT = Duration.ofMinutes(3);

    @TempDir
    static Path directory;

    private final SimulatedLinode linode = SimulatedLinode.start(SimulatorOptions.forTests());
    private final Map<String, Held> heldPuts = new ConcurrentHashMap<>();
    private DaemonProcess daemon;

    /** Blocks the first PUT of a label until the test releases it. */
    private record Held(CountDownLatch arrived, CountDownLatch goOn) {
        Held() {
            this(new CountDownLatch(1), new CountDownLatch(1));
        }
    }

    @BeforeAll
    void start() {
        linode.onRequest(RequestListener.on(Operation.PUT_OBJECT, RequestListener.Moment.ARRIVED, this::hold));
        daemon = DaemonProcess.in(directory, linode)
                .set("imageferry.retry.max-attempts", "2")
                .start();
    }

    @AfterAll
    void close() {
        heldPuts.values().forEach(held -> held.goOn().countDown());
        if (daemon != null) {
            daemon.close();
        }
        linode.close();
    }

    @Test
    void second_job_uses_the_image_of_the_first_and_requests_missing_copies() throws IOException {
        Held put = dropFirst("both");

        dropSecond("both", "replicateTo: [nl-ams]\n");
        put.goOn().countDown();
        JobStory first = archived("one/both");
        JobStory second = archived("two/both");

        assertThat(List.of(first, second)).extracting(JobStory::state).containsOnly("AVAILABLE");
        assertThat(second.imageId()).isEqualTo(first.imageId());
        assertThat(second.history())
                .filteredOn(JobStory.Line::isChange)
                .extracting(JobStory.Line::to)
                .containsExactly("QUEUED", "CHECKING", "READY", "UPLOADING", "REPLICATING", "AVAILABLE");
        assertThat(second.details()).anyMatch(detail -> detail.startsWith("not uploaded again: same content"));
        assertThat(of("both"))
                .singleElement()
                .satisfies(image -> assertThat(image.regions())
                        .containsExactlyInAnyOrder(
                                new RegionCopy("us-ord", "available"), new RegionCopy("nl-ams", "available")));
        assertThat(puts("both")).hasSize(1);
    }

    @Test
    void second_job_uploads_if_the_first_fails() throws IOException {
        linode.script(Fault.processingFails("Failed to decompress image").forLabel("place"));
        Held put = dropFirst("place");

        dropSecond("place", "");
        put.goOn().countDown();
        JobStory first = archived("one/place");
        JobStory second = archived("two/place");

        assertThat(first.errorCode()).isEqualTo("processing-failed");
        assertThat(second.state()).isEqualTo("AVAILABLE");
        assertThat(of("place"))
                .extracting(SimulatedImage::id, SimulatedImage::isAvailable)
                .containsExactly(tuple(of("place").getFirst().id(), false), tuple(second.imageId(), true));
    }

    @Test
    void removing_the_waiting_second_file_keeps_the_image() throws IOException {
        Held put = dropFirst("removed");
        dropSecond("removed", "");

        Files.delete(daemon.dropFolder().resolve("two/removed.img.gz"));
        JobStory second = archived("two/removed");
        put.goOn().countDown();
        JobStory first = archived("one/removed");

        assertThat(second.errorCode()).isEqualTo("file-removed");
        assertThat(first.state()).isEqualTo("AVAILABLE");
        assertThat(of("removed")).singleElement().matches(SimulatedImage::isAvailable);
    }

    @Test
    void second_job_with_failed_copies_keeps_the_shared_image() throws IOException {
        linode.script(Fault.onReplication(new Effect.ReplicationEndsAs("timedout"))
                .forLabel("copies")
                .always());
        Held put = dropFirst("copies");

        dropSecond("copies", "replicateTo: [us-iad]\n");
        put.goOn().countDown();
        JobStory second = archived("two/copies");

        assertThat(second.errorCode()).isEqualTo("replication-failed");
        assertThat(second.imageId()).isEqualTo(archived("one/copies").imageId());
        assertThat(of("copies")).singleElement().matches(SimulatedImage::isAvailable);
        assertThat(linode.requests(Operation.DELETE_IMAGE))
                .noneMatch(request -> "copies".equals(request.labelOrNull()));
    }

    @Test
    void image_deleted_at_linode_is_created_again() throws IOException {
        Held put = dropFirst("gone");
        put.goOn().countDown();
        JobStory first = archived("one/gone");
        linode.vanish(first.imageId());

        dropSecond("gone", "");
        JobStory second = archived("two/gone");

        assertThat(second.state()).isEqualTo("AVAILABLE");
        assertThat(second.imageId()).isNotEqualTo(first.imageId());
        assertThat(puts("gone")).hasSize(2);
    }

    @Test
    void image_kept_after_failed_copies_is_used() throws IOException {
        linode.script(Fault.onReplication(new Effect.ReplicationEndsAs("timedout"))
                .forLabel("stayed")
                .times(2));
        Files.createDirectories(daemon.dropFolder().resolve("one"));
        Files.writeString(daemon.dropFolder().resolve("one/stayed.img.gz.yaml"), "replicateTo: [us-iad]\n");
        dropFirst("stayed").goOn().countDown();
        JobStory first = archived("one/stayed");
        assertThat(first.errorCode()).isEqualTo("replication-failed");

        dropSecond("stayed", "replicateTo: [us-iad]\n");
        JobStory second = archived("two/stayed");

        assertThat(second.state()).isEqualTo("AVAILABLE");
        assertThat(second.imageId()).isEqualTo(first.imageId());
        assertThat(puts("stayed")).hasSize(1);
    }

    private void hold(RecordedRequest put) {
        Held held = heldPuts.get(String.valueOf(put.labelOrNull()));
        if (held != null) {
            held.arrived().countDown();
            try {
                assertThat(held.goOn().await(LIMIT.toSeconds(), TimeUnit.SECONDS))
                        .isTrue();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Drops {@code one/LABEL.img.gz} and waits until its PUT is blocked. */
    private Held dropFirst(String label) throws IOException {
        Held held = new Held();
        heldPuts.put(label, held);
        Path made = DiskImages.ext4(directory.resolve(label), 10_000, label.hashCode());
        Files.createDirectories(daemon.dropFolder().resolve("one"));
        Files.copy(made, daemon.dropFolder().resolve("one/" + label + ".img.gz"));
        daemon.await("the PUT of " + label, LIMIT, () -> held.arrived().getCount() == 0);
        return held;
    }

    /** Drops the same content as {@code two/LABEL.img.gz} and waits until its job is UPLOADING. */
    private void dropSecond(String label, String sidecar) throws IOException {
        String file = "two/" + label + ".img.gz";
        Path place = Files.createDirectories(daemon.dropFolder().resolve("two"));
        Files.writeString(place.resolve(label + ".img.gz.yaml"), sidecar);
        Files.move(directory.resolve(label), place.resolve(label + ".img.gz"));
        daemon.await(
                file + " to be UPLOADING",
                LIMIT,
                () -> JobStory.of(daemon, file).stream()
                        .anyMatch(story -> story.history().stream()
                                .anyMatch(line -> line.to().equals("UPLOADING"))));
    }

    private JobStory archived(String path) {
        return JobStory.awaitArchived(daemon, path + ".img.gz", 1, LIMIT).getFirst();
    }

    /** Returns all images ever created. */
    private List<SimulatedImage> of(String label) {
        return linode.everCreated().stream()
                .filter(image -> image.label().equals(label))
                .toList();
    }

    private List<RecordedRequest> puts(String label) {
        return linode.requests(Operation.PUT_OBJECT).stream()
                .filter(request -> label.equals(request.labelOrNull()))
                .toList();
    }
}
