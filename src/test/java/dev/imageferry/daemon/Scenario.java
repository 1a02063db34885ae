package dev.imageferry.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.convert.Converter;
import dev.imageferry.convert.Space;
import dev.imageferry.image.ImageLimits;
import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.Job;
import dev.imageferry.job.JobState;
import dev.imageferry.simulator.Answer;
import dev.imageferry.simulator.Effect;
import dev.imageferry.simulator.Fault;
import dev.imageferry.simulator.Operation;
import dev.imageferry.simulator.SimulatedImage;
import dev.imageferry.simulator.SimulatorOptions;
import dev.imageferry.whole.DiskImages;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;

/**
 * A scenario for the dropped files, and the expectations at its end.
 *
 * @param setting a non-default setting as key and value; empty for none
 * @param faults the scripted faults of Linode
 * @param mostCharged the maximum number of attempts that the faults may use up
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Scenario(
        String name,
        List<String> files,
        byte[] content,
        List<String> setting,
        List<Fault> faults,
        int mostCharged,
        End end) {
    /** Larger than the final bytes of a PUT that are held back. */
    static final byte[] IMAGE = gzip(random(100_000, 1));

    private static final byte[] RAW = random(100_000, 1);
    private static final String CONVERT = "imageferry.drop.convert";

    private static final byte[] NO_IMAGE = "no gzip at all".getBytes(StandardCharsets.UTF_8);
    private static final String FILE = "debian.img.gz";

    /** The expected outcome. */
    enum End {
        DELIVERED,
        REJECTED,
        CANCELLED
    }

    static final List<Scenario> ALL = List.of(
            delivered("nothing goes wrong"),
            delivered("the answer to the create call is lost", Fault.on(Operation.CREATE, new Effect.HandleThenCut())),
            delivered(
                    "the create call fails once",
                    Fault.answer(Operation.CREATE, Answer.error(500, "Internal Server Error"))),
            delivered("the answer to the PUT is lost", Fault.on(Operation.PUT_OBJECT, new Effect.HandleThenCut())),
            delivered("the PUT is cut", Fault.onPut(new Effect.CutAfter(50_000))),
            delivered(
                    "the bucket stores other bytes",
                    Fault.onPut(new Effect.WrongETag("d41d8cd98f00b204e9800998ecf8427e"))),
            delivered("one status request fails", Fault.answer(Operation.GET_IMAGE, Answer.error(502, "Bad Gateway"))),
            with(
                    "the file is deleted when done",
                    List.of(FILE),
                    List.of("imageferry.drop.when-done", "delete"),
                    End.DELIVERED),
            with(
                    "a copy in another region",
                    List.of(FILE),
                    List.of("imageferry.image.replicate-to", "us-iad"),
                    End.DELIVERED),
            with("the same content twice", List.of(FILE, "other/" + FILE), List.of(), End.DELIVERED),
            new Scenario(
                    "a raw image is converted",
                    List.of("debian.img"),
                    RAW,
                    List.of(CONVERT, "true"),
                    List.of(),
                    0,
                    End.DELIVERED),
            new Scenario("a file that is not an image", List.of(FILE), NO_IMAGE, List.of(), List.of(), 0, End.REJECTED),
            with("a user cancels", List.of(FILE), List.of(), End.CANCELLED));

    private static Scenario delivered(String name, Fault... faults) {
        return new Scenario(name, List.of(FILE), IMAGE, List.of(), List.of(faults), faults.length, End.DELIVERED);
    }

    private static Scenario with(String name, List<String> files, List<String> setting, End end) {
        return new Scenario(name, files, IMAGE, setting, List.of(), 0, end);
    }

    /** Images are processed at once, because the pipeline moves its own clock. */
    static SimulatorOptions options(SimulatorOptions options) {
        return options.withProcessing(Duration.ZERO, Duration.ZERO).withReplicationTime(Duration.ZERO);
    }

    void arrange(Pipeline pipeline) throws IOException {
        if (!setting.isEmpty()) {
            pipeline.set(setting.getFirst(), setting.getLast());
        }
        faults.forEach(pipeline.linode()::script);
        for (String file : files) {
            Files.createDirectories(pipeline.root().resolve(file).getParent());
            pipeline.drop(file, content);
        }
    }

    void run(Pipeline.Daemon daemon) {
        if (end == End.CANCELLED) {
            daemon.runDue();
            cancel(daemon);
        }
        daemon.runToEnd(files.size());
    }

    private static void cancel(Pipeline.Daemon daemon) {
        daemon.pipeline().jobs().stream()
                .filter(job -> !job.state().isEnd())
                .forEach(job -> daemon.pipeline().queue().control().requestCancel(job.id()));
    }

    /** Asserts at most one image with the right bytes, each file in its place, and no attempts used up except by faults. */
    void check(Pipeline pipeline) throws IOException {
        List<SimulatedImage> images = pipeline.linode().images();
        switch (end) {
            case DELIVERED -> {
                assertThat(images)
                        .as("images of %s", pipeline.linode().everCreated())
                        .hasSize(1);
                assertThat(images.getFirst().isAvailable()).isTrue();
                assertThat(images.getFirst().sha256OrNull())
                        .isEqualTo(sha256(setting.contains(CONVERT) ? converted(content) : content));
                assertThat(pipeline.jobs()).allSatisfy(job -> {
                    assertThat(job.state()).isEqualTo(JobState.AVAILABLE);
                    assertThat(job.image().idOrNull())
                            .isEqualTo(images.getFirst().id());
                });
            }
            case REJECTED -> {
                assertThat(images).isEmpty();
                assertThat(pipeline.jobs()).extracting(Job::state).containsOnly(JobState.REJECTED);
            }
            case CANCELLED ->
                assertThat(pipeline.jobs()).allSatisfy(job -> {
                    // the job may finish before the cancellation, and an available image is never deleted
                    assertThat(job.state()).isIn(JobState.CANCELLED, JobState.AVAILABLE);
                    if (!images.isEmpty()) {
                        assertThat(images).singleElement().satisfies(image -> {
                            assertThat(image.isAvailable()).isTrue();
                            assertThat(image.id()).isEqualTo(job.image().idOrNull());
                        });
                    }
                });
        }
        assertThat(pipeline.jobs()).hasSize(files.size()).allMatch(Job::isArchived);
        checkFiles(pipeline);
        for (Job job : pipeline.jobs()) {
            checkHistory(pipeline, job);
        }
    }

    private void checkFiles(Pipeline pipeline) throws IOException {
        List<String> expected = new ArrayList<>();
        for (Job job : pipeline.jobs()) {
            String section = job.state() == JobState.AVAILABLE ? "done/" : "failed/";
            boolean deleted = setting.contains("delete") && job.state() == JobState.AVAILABLE;
            expected.add(section + job.file() + ".receipt.json");
            if (!deleted) {
                expected.add(section + job.file());
                assertThat(DiskImages.sha256(pipeline.root().resolve(section + job.file())))
                        .isEqualTo(sha256(content));
            }
        }
        assertThat(files(pipeline.root())).containsExactlyInAnyOrderElementsOf(expected);
    }

    /** All regular files except the folder's identity and the instance locks. */
    static List<String> files(Path root) throws IOException {
        try (Stream<Path> all = Files.walk(root)) {
            return all.filter(Files::isRegularFile)
                    .map(file -> root.relativize(file).toString())
                    .filter(file -> !file.startsWith(".imageferry-folder") && !file.startsWith(".imageferry-instance-"))
                    .toList();
        }
    }

    private void checkHistory(Pipeline pipeline, Job job) {
        Set<String> counted = Stream.of(ErrorCode.values())
                .filter(code -> code.consequence() == ErrorCode.Consequence.RETRY)
                .map(ErrorCode::wireName)
                .collect(Collectors.toSet());
        List<List<String>> history = pipeline.queue().history(job.id());
        String state = "null";
        int charged = 0;
        assertThat(history)
                .filteredOn(line -> line.get(3).equals("converted"))
                .as("conversions in %s", history)
                .hasSize(setting.contains(CONVERT) ? 1 : 0);
        int outcomes = 0;
        for (List<String> line : history) {
            assertThat(line.get(0)).as("from-state of a line in %s", history).isEqualTo(state);
            charged += counted.contains(line.get(3).split(":", 2)[0]) ? 1 : 0;
            if (!line.get(1).equals(state) && JobState.valueOf(line.get(1)).isEnd()) {
                outcomes++;
            }
            state = line.get(1);
        }
        assertThat(charged).as("attempts used up in %s", history).isLessThanOrEqualTo(mostCharged);
        assertThat(outcomes).as("outcomes in %s", history).isEqualTo(1);
        assertThat(state).isEqualTo(job.state().name());
    }

    /** The same file is always converted to the same bytes. */
    private static byte[] converted(byte[] content) throws IOException {
        Path folder = Files.createTempDirectory("scenario");
        try {
            Path source = Files.write(folder.resolve("source"), content);
            Path target = folder.resolve("target");
            new Converter(new ImageLimits(Long.MAX_VALUE, Long.MAX_VALUE), 1, false)
                    .convert(source, target, FreeSpace.UNLIMITED, (done, total) -> {});
            return Files.readAllBytes(target);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        } finally {
            try (Stream<Path> files = Files.list(folder)) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                }
            }
            Files.delete(folder);
        }
    }

    /** A disk that is never full. */
    private enum FreeSpace implements Space {
        UNLIMITED;

        @Override
        public void require(long bytes) {}

        @Override
        public void written(long bytes) {}
    }

    static byte[] random(int bytes, long seed) {
        byte[] content = new byte[bytes];
        new Random(seed).nextBytes(content);
        return content;
    }

    static byte[] gzip(byte[] content) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
            out.write(content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    static String sha256(byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
