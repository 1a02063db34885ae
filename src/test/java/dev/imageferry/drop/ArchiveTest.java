package dev.imageferry.drop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.drop.ArchiveOrder.Treatment;
import dev.imageferry.drop.Placement.Whereabouts;
import dev.imageferry.job.Digests;
import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.FileFingerprint;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ArchiveTest {
    private static final UUID JOB = UUID.fromString("01234567-89ab-cdef-0123-456789abcdef");
    private static final String HELD = ".imageferry-" + JOB;

    @TempDir
    Path root;

    private DropFolder folder;
    private Archive archive;

    @BeforeEach
    void open() {
        folder = TestFolder.open(root);
        archive = new Archive(folder);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "x.img.gz",
                "a/b/X.IMG.GZ",
                "🚀/🚀.img.gz",
                "line\nbreak\t'\"\\<script>alert(1).img.gz",
                "a b/..c/..img.gz"
            })
    void archives_image_sidecar_and_receipt_under_their_relative_path(String path) throws IOException {
        FileFingerprint image = write(path, "image");
        write(path + ".yaml", "label: x");

        assertThat(archive(order(path, image, Treatment.MOVE))).isEqualTo(Whereabouts.ARCHIVED);

        assertThat(tree())
                .isEqualTo(Map.of(
                        "done/" + path, "image",
                        "done/" + path + ".yaml", "label: x",
                        "done/" + path + ".receipt.json", receipt(JOB)));
        assertSame(image, FileFingerprint.of(root.resolve("done/" + path)));
    }

    @Test
    void archives_all_sidecars() throws IOException {
        FileFingerprint image = write("x.img.gz", "image");
        write("x.img.gz.yaml", "yaml");
        write("x.img.gz.json", "json");
        write("x.img.gz.sha256", "checksum");
        write("SHA256SUMS", "of other images too");

        archive(order("x.img.gz", image, Treatment.MOVE));

        assertThat(tree())
                .containsOnlyKeys(
                        "SHA256SUMS",
                        "done/x.img.gz",
                        "done/x.img.gz.yaml",
                        "done/x.img.gz.json",
                        "done/x.img.gz.sha256",
                        "done/x.img.gz.receipt.json");
    }

    @ParameterizedTest
    @ValueSource(strings = {"x.img.gz", "x.img.gz.yaml", "x.img.gz.json", "x.img.gz.sha256", "x.img.gz.receipt.json"})
    void a_taken_name_gets_a_number_and_nothing_is_overwritten(String taken) throws IOException {
        write("done/" + taken, "old");
        write("done/x-2.img.gz", "old too");
        FileFingerprint image = write("x.img.gz", "image");
        write("x.img.gz.yaml", "label: x");

        archive(order("x.img.gz", image, Treatment.MOVE));

        assertThat(tree())
                .isEqualTo(Map.of(
                        "done/" + taken,
                        "old",
                        "done/x-2.img.gz",
                        "old too",
                        "done/x-3.img.gz",
                        "image",
                        "done/x-3.img.gz.yaml",
                        "label: x",
                        "done/x-3.img.gz.receipt.json",
                        receipt(JOB)));
    }

    @Test
    void a_dangling_link_also_takes_a_name() throws IOException {
        Files.createDirectory(root.resolve("done"));
        Files.createSymbolicLink(root.resolve("done/x.img.gz.receipt.json"), Path.of("../outside"));
        FileFingerprint image = write("x.img.gz", "image");

        archive(order("x.img.gz", image, Treatment.MOVE));

        assertThat(tree())
                .containsOnlyKeys("done/x.img.gz.receipt.json", "done/x-2.img.gz", "done/x-2.img.gz.receipt.json");
    }

    @Test
    void names_of_255_bytes_fit() throws IOException {
        String first = "x".repeat(248) + ".img.gz";
        String emoji = "🚀".repeat(62) + ".img.gz";
        for (String name : List.of(first, emoji)) {
            for (int copy = 0; copy < 2; copy++) {
                FileFingerprint image = write(name, "image" + copy);
                UUID job = UUID.randomUUID();
                assertThat(archive(order(job, name, image, Section.DONE, Treatment.MOVE)))
                        .isEqualTo(Whereabouts.ARCHIVED);
            }
        }

        assertThat(tree()).hasSize(8);
        assertThat(tree().keySet())
                .allMatch(name ->
                        name.endsWith(".img.gz") || name.matches("done/.*~[0-9a-f]{8}\\.img\\.gz\\.receipt\\.json"))
                .allMatch(name -> name.getBytes(StandardCharsets.UTF_8).length <= 255 + "done/".length());
    }

    @Test
    void a_folder_gets_a_number_if_a_file_or_link_has_its_name() throws IOException {
        write("done/a.img.gz", "an image of that name");
        Files.createSymbolicLink(root.resolve("done/b"), root.resolve("outside"));
        Files.createDirectory(root.resolve("outside"));
        FileFingerprint below = write("a.img.gz/x.img.gz", "image");
        FileFingerprint behind = write("b/x.img.gz", "image");

        archive(order("a.img.gz/x.img.gz", below, Treatment.MOVE));
        archive(order(UUID.randomUUID(), "b/x.img.gz", behind, Section.DONE, Treatment.MOVE));

        assertThat(tree())
                .containsKeys("done/a.img.gz-2/x.img.gz", "done/b-2/x.img.gz")
                .doesNotContainKey("outside/x.img.gz");
    }

    @Test
    void delete_leaves_only_the_receipt() throws IOException {
        FileFingerprint image = write("a/x.img.gz", "image");
        write("a/x.img.gz.sha256", "checksum");
        write("a/x.img.gz.yaml", "label: x");

        assertThat(archive(order("a/x.img.gz", image, Treatment.DELETE))).isEqualTo(Whereabouts.DELETED);

        assertThat(tree()).isEqualTo(Map.of("done/a/x.img.gz.receipt.json", receipt(JOB)));
    }

    @Test
    void keep_leaves_everything_and_adds_the_receipt() throws IOException {
        FileFingerprint image = write("x.img.gz", "image");
        write("x.img.gz.yaml", "label: x");

        assertThat(archive(order("x.img.gz", image, Treatment.RECEIPT_ONLY))).isEqualTo(Whereabouts.LEFT);

        assertThat(tree())
                .isEqualTo(Map.of(
                        "x.img.gz", "image", "x.img.gz.yaml", "label: x", "done/x.img.gz.receipt.json", receipt(JOB)));
        assertSame(image, FileFingerprint.of(root.resolve("x.img.gz")));
    }

    @ParameterizedTest
    @EnumSource
    void other_content_is_left_alone(Treatment treatment) throws IOException {
        FileFingerprint image = write("x.img.gz", "image");
        Files.delete(root.resolve("x.img.gz"));
        FileFingerprint newer = write("x.img.gz", "newer image");
        write("x.img.gz.yaml", "of the newer");

        assertThat(archive(order("x.img.gz", image, treatment))).isEqualTo(Whereabouts.REPLACED);

        assertThat(tree())
                .isEqualTo(Map.of(
                        "x.img.gz", "newer image",
                        "x.img.gz.yaml", "of the newer",
                        "done/x.img.gz.receipt.json", receipt(JOB)));
        assertSame(newer, FileFingerprint.of(root.resolve("x.img.gz")));
    }

    @Test
    void a_removed_file_gets_a_receipt_and_its_sidecar_stays() throws IOException {
        FileFingerprint image = write("x.img.gz", "image");
        write("x.img.gz.yaml", "label: x");
        Files.delete(root.resolve("x.img.gz"));

        assertThat(archive(order("x.img.gz", image, Treatment.MOVE))).isEqualTo(Whereabouts.REMOVED);

        assertThat(tree()).isEqualTo(Map.of("x.img.gz.yaml", "label: x", "done/x.img.gz.receipt.json", receipt(JOB)));
    }

    @Test
    void a_file_whose_folder_was_removed_or_replaced_counts_as_removed() throws IOException {
        FileFingerprint image = write("a/x.img.gz", "image");
        TestFolder.write(root.resolve("elsewhere/x.img.gz"), "image");
        Files.delete(root.resolve("a/x.img.gz"));
        Files.delete(root.resolve("a"));
        assertThat(archive(order("a/x.img.gz", image, Treatment.MOVE))).isEqualTo(Whereabouts.REMOVED);

        write("a", "a file");
        assertThat(archive(order("a/x.img.gz", image, Treatment.MOVE))).isEqualTo(Whereabouts.REMOVED);

        Files.delete(root.resolve("a"));
        Files.createSymbolicLink(root.resolve("a"), Path.of("elsewhere"));
        assertThat(archive(order("a/x.img.gz", image, Treatment.MOVE))).isEqualTo(Whereabouts.REMOVED);
        assertThat(tree()).containsEntry("elsewhere/x.img.gz", "image");
    }

    @Test
    void a_symbolic_link_instead_of_a_sidecar_stays() throws IOException {
        FileFingerprint image = write("x.img.gz", "image");
        Files.createSymbolicLink(root.resolve("x.img.gz.yaml"), Path.of("nowhere"));

        assertThat(archive(order("x.img.gz", image, Treatment.MOVE))).isEqualTo(Whereabouts.ARCHIVED);

        assertThat(tree()).containsOnlyKeys("x.img.gz.yaml", "done/x.img.gz", "done/x.img.gz.receipt.json");
    }

    @Test
    void place_writes_the_final_receipt() throws IOException {
        FileFingerprint image = write("x.img.gz", "image");
        ArchiveOrder first = order("x.img.gz", image, Treatment.MOVE);
        Reservation reservation = archive.reserve(first, null);
        String last = receipt(JOB).replace("}", ", \"archived\": true}");
        ArchiveOrder second = new ArchiveOrder(JOB, "x.img.gz", image, null, Section.DONE, Treatment.MOVE, last);

        archive.place(second, ((Reservation.Reserved) reservation).name());

        assertThat(tree()).containsEntry("done/x.img.gz.receipt.json", last);
    }

    // ---- interrupted at any point and repeated

    /** The state after a run that was interrupted before its next step. Each is created from the previous one. */
    enum InterruptedMove {
        BEFORE_RESERVING,
        RECEIPT_HALF_WRITTEN,
        RECEIPT_LINKED,
        RESERVED,
        SIDECAR_HELD,
        IMAGE_HELD,
        IMAGE_LINKED,
        IMAGE_PLACED,
        SIDECAR_LINKED,
        SIDECAR_PLACED,
        COPY_HALF_WRITTEN,
        COPY_PLACED
    }

    static List<Object[]> interruptions() {
        List<Object[]> interruptions = new ArrayList<>();
        for (InterruptedMove interrupt : InterruptedMove.values()) {
            interruptions.add(new Object[] {interrupt, true});
            interruptions.add(new Object[] {interrupt, false});
        }
        return interruptions;
    }

    @ParameterizedTest
    @MethodSource("interruptions")
    void an_interrupted_move_can_be_repeated_with_the_same_result(InterruptedMove interrupt, boolean nameCommitted)
            throws IOException {
        FileFingerprint image = write("a/x.img.gz", "image");
        write("a/x.img.gz.yaml", "label: x");
        write("done/a/x.img.gz", "of an earlier job");
        ArchiveOrder order = order("a/x.img.gz", image, Treatment.MOVE);
        interrupt(order, interrupt);

        Whereabouts whereabouts = archive(order, nameCommitted ? "a/x-2.img.gz" : null);

        assertThat(whereabouts).isEqualTo(Whereabouts.ARCHIVED);
        Map<String, String> end = Map.of(
                "done/a/x.img.gz", "of an earlier job",
                "done/a/x-2.img.gz", "image",
                "done/a/x-2.img.gz.yaml", "label: x",
                "done/a/x-2.img.gz.receipt.json", receipt(JOB));
        assertThat(tree()).isEqualTo(end);

        assertThat(archive(order, "a/x-2.img.gz")).isEqualTo(Whereabouts.ARCHIVED);
        assertThat(tree()).isEqualTo(end);
    }

    @ParameterizedTest
    @MethodSource("interruptions")
    void repeating_an_interrupted_move_leaves_a_new_file_of_the_same_name_alone(
            InterruptedMove interrupt, boolean nameCommitted) throws IOException {
        FileFingerprint image = write("a/x.img.gz", "image");
        write("a/x.img.gz.yaml", "label: x");
        write("done/a/x.img.gz", "of an earlier job");
        ArchiveOrder order = order("a/x.img.gz", image, Treatment.MOVE);
        interrupt(order, interrupt);
        Map<String, String> before = contents();
        Files.deleteIfExists(root.resolve("a/x.img.gz"));
        FileFingerprint newer = write("a/x.img.gz", "newer image");
        write("a/x.img.gz.json", "of the newer");

        archive(order, nameCommitted ? "a/x-2.img.gz" : null);

        assertThat(tree())
                .containsEntry("a/x.img.gz", "newer image")
                .containsEntry("a/x.img.gz.json", "of the newer")
                .containsEntry("done/a/x-2.img.gz.receipt.json", receipt(JOB));
        assertSame(newer, FileFingerprint.of(root.resolve("a/x.img.gz")));
        assertThat(tree().keySet()).noneMatch(name -> name.contains(HELD));
        // only content that the user overwrote is gone
        List<String> contents = List.copyOf(tree().values());
        before.keySet().stream()
                .filter(content -> !content.equals("image") || !isBeforeTaking(interrupt))
                .filter(content -> !content.startsWith("half"))
                .forEach(content -> assertThat(contents).contains(content));
    }

    private static boolean isBeforeTaking(InterruptedMove interrupt) {
        return interrupt.compareTo(InterruptedMove.IMAGE_HELD) < 0;
    }

    private void interrupt(ArchiveOrder order, InterruptedMove interrupt) throws IOException {
        if (interrupt == InterruptedMove.BEFORE_RESERVING) {
            return;
        }
        Path draft = root.resolve("done/a/" + HELD + ".receipt.json");
        if (interrupt == InterruptedMove.RECEIPT_HALF_WRITTEN) {
            Files.writeString(draft, "half");
            return;
        }
        archive.reserve(order, null);
        if (interrupt == InterruptedMove.RECEIPT_LINKED) {
            Files.createLink(draft, root.resolve("done/a/x-2.img.gz.receipt.json"));
            return;
        }
        if (interrupt == InterruptedMove.RESERVED) {
            return;
        }
        Files.move(root.resolve("a/x.img.gz.yaml"), root.resolve("a/" + HELD + ".yaml"));
        if (interrupt == InterruptedMove.SIDECAR_HELD) {
            return;
        }
        Path held = root.resolve("a/" + HELD);
        Files.move(root.resolve("a/x.img.gz"), held);
        if (interrupt == InterruptedMove.IMAGE_HELD) {
            return;
        }
        Path placed = root.resolve("done/a/x-2.img.gz");
        switch (interrupt) {
            case COPY_HALF_WRITTEN ->
                Files.writeString(root.resolve("done/a/.imageferry-copy-" + Names.digest("x-2.img.gz")), "half a copy");
            case COPY_PLACED -> Files.copy(held, placed, StandardCopyOption.COPY_ATTRIBUTES);
            default -> Files.createLink(placed, held);
        }
        if (interrupt.compareTo(InterruptedMove.IMAGE_PLACED) < 0
                || interrupt.compareTo(InterruptedMove.SIDECAR_PLACED) > 0) {
            return;
        }
        Files.delete(held);
        if (interrupt == InterruptedMove.IMAGE_PLACED) {
            return;
        }
        Files.createLink(root.resolve("done/a/x-2.img.gz.yaml"), root.resolve("a/" + HELD + ".yaml"));
        if (interrupt == InterruptedMove.SIDECAR_PLACED) {
            Files.delete(root.resolve("a/" + HELD + ".yaml"));
        }
    }

    @Test
    void a_new_sidecar_does_not_replace_the_held_one() throws IOException {
        FileFingerprint image = write("a/x.img.gz", "image");
        write("a/x.img.gz.yaml", "label: x");
        ArchiveOrder order = order("a/x.img.gz", image, Treatment.MOVE);
        write("done/a/x.img.gz", "of an earlier job");
        interrupt(order, InterruptedMove.SIDECAR_HELD);
        write("a/x.img.gz.yaml", "label: newer");

        assertThat(archive(order)).isEqualTo(Whereabouts.ARCHIVED);

        assertThat(tree())
                .containsEntry("done/a/x-2.img.gz.yaml", "label: x")
                .containsEntry("a/x.img.gz.yaml", "label: newer");
    }

    /** The state after each step of a deletion. */
    enum InterruptedDeletion {
        RESERVED,
        SIDECAR_HELD,
        IMAGE_HELD,
        SIDECAR_DELETED,
        IMAGE_DELETED
    }

    @ParameterizedTest
    @EnumSource
    void an_interrupted_deletion_can_be_repeated_with_the_same_result(InterruptedDeletion interrupt)
            throws IOException {
        FileFingerprint image = write("x.img.gz", "image");
        write("x.img.gz.yaml", "label: x");
        ArchiveOrder order = order("x.img.gz", image, Treatment.DELETE);
        interrupt(order, interrupt);

        assertThat(archive(order)).isEqualTo(Whereabouts.DELETED);

        assertThat(tree()).isEqualTo(Map.of("done/x.img.gz.receipt.json", receipt(JOB)));
    }

    @ParameterizedTest
    @EnumSource
    void repeating_an_interrupted_deletion_leaves_a_new_file_of_the_same_name_alone(InterruptedDeletion interrupt)
            throws IOException {
        FileFingerprint image = write("x.img.gz", "image");
        write("x.img.gz.yaml", "label: x");
        ArchiveOrder order = order("x.img.gz", image, Treatment.DELETE);
        interrupt(order, interrupt);
        Files.deleteIfExists(root.resolve("x.img.gz"));
        write("x.img.gz", "newer image");
        write("x.img.gz.yaml", "of the newer");

        archive(order);

        assertThat(tree())
                .containsEntry("x.img.gz", "newer image")
                .containsEntry("x.img.gz.yaml", "of the newer")
                .containsEntry("done/x.img.gz.receipt.json", receipt(JOB));
    }

    private void interrupt(ArchiveOrder order, InterruptedDeletion interrupt) throws IOException {
        archive.reserve(order, null);
        if (interrupt == InterruptedDeletion.RESERVED) {
            return;
        }
        Files.move(root.resolve("x.img.gz.yaml"), root.resolve(HELD + ".yaml"));
        if (interrupt == InterruptedDeletion.SIDECAR_HELD) {
            return;
        }
        Files.move(root.resolve("x.img.gz"), root.resolve(HELD));
        if (interrupt == InterruptedDeletion.IMAGE_HELD) {
            return;
        }
        Files.delete(root.resolve(HELD + ".yaml"));
        if (interrupt == InterruptedDeletion.IMAGE_DELETED) {
            Files.delete(root.resolve(HELD));
        }
    }

    @Test
    void held_files_of_another_content_are_moved_back() throws IOException {
        FileFingerprint image = write("x.img.gz", "image");
        ArchiveOrder order = order("x.img.gz", image, Treatment.MOVE);
        // replaced between the comparison and the rename, then interrupted
        Files.delete(root.resolve("x.img.gz"));
        FileFingerprint newer = write(HELD, "newer image");
        write(HELD + ".yaml", "label: x");
        write(HELD + ".sha256", "checksum");

        assertThat(archive(order)).isEqualTo(Whereabouts.REPLACED);

        assertThat(tree())
                .isEqualTo(Map.of(
                        "x.img.gz", "newer image",
                        "x.img.gz.yaml", "label: x",
                        "x.img.gz.sha256", "checksum",
                        "done/x.img.gz.receipt.json", receipt(JOB)));
        assertSame(newer, FileFingerprint.of(root.resolve("x.img.gz")));
    }

    @Test
    void held_sidecars_of_an_image_that_is_not_held_are_moved_back() throws IOException {
        FileFingerprint image = write("x.img.gz", "image");
        ArchiveOrder order = order("x.img.gz", image, Treatment.MOVE);
        Files.delete(root.resolve("x.img.gz"));
        write("x.img.gz", "newer image");
        write(HELD + ".yaml", "label: x");
        write(HELD + ".json", "{}");
        write(HELD + ".sha256", "checksum");

        assertThat(archive(order)).isEqualTo(Whereabouts.REPLACED);

        assertThat(tree())
                .isEqualTo(Map.of(
                        "x.img.gz", "newer image",
                        "x.img.gz.yaml", "label: x",
                        "x.img.gz.json", "{}",
                        "x.img.gz.sha256", "checksum",
                        "done/x.img.gz.receipt.json", receipt(JOB)));
    }

    @Test
    void held_files_get_a_number_if_their_name_is_taken_again() throws IOException {
        FileFingerprint image = write("x.img.gz", "image");
        ArchiveOrder order = order("x.img.gz", image, Treatment.MOVE);
        Files.delete(root.resolve("x.img.gz"));
        write(HELD, "newer image");
        write(HELD + ".yaml", "of the newer");
        write("x.img.gz", "newest image");
        write("x.img.gz.yaml", "of the newest");

        assertThat(archive(order)).isEqualTo(Whereabouts.REPLACED);

        assertThat(tree())
                .isEqualTo(Map.of(
                        "x.img.gz", "newest image",
                        "x.img.gz.yaml", "of the newest",
                        "x-2.img.gz", "newer image",
                        "x-2.img.gz.yaml", "of the newer",
                        "done/x.img.gz.receipt.json", receipt(JOB)));
    }

    @Test
    void uses_the_next_name_if_another_file_takes_the_reserved_one() throws IOException {
        FileFingerprint image = write("x.img.gz", "image");
        ArchiveOrder order = order("x.img.gz", image, Treatment.MOVE);
        archive.reserve(order, null);
        write("done/x.img.gz", "another file");

        Placement lost = archive.place(order, "x.img.gz");
        assertThat(lost).isEqualTo(new Placement.NameLost("x.img.gz"));
        assertThat(archive(order, "x.img.gz")).isEqualTo(Whereabouts.ARCHIVED);

        assertThat(tree())
                .isEqualTo(Map.of(
                        "done/x.img.gz", "another file",
                        "done/x-2.img.gz", "image",
                        "done/x-2.img.gz.receipt.json", receipt(JOB)));
    }

    @Test
    void places_nothing_without_the_receipt_of_the_job() throws IOException {
        FileFingerprint image = write("x.img.gz", "image");
        write("done/x.img.gz.receipt.json", receipt(UUID.randomUUID()));
        Map<String, String> before = tree();

        assertThat(archive.place(order("x.img.gz", image, Treatment.MOVE), "x.img.gz"))
                .isEqualTo(new Placement.NameLost("x.img.gz"));
        assertThat(tree()).isEqualTo(before);
    }

    // ---- concurrent jobs

    @Test
    void fifty_concurrent_jobs_with_one_name_overwrite_nothing() throws Exception {
        List<Callable<Whereabouts>> jobs = new ArrayList<>();
        Map<String, String> expected = new TreeMap<>();
        for (int i = 0; i < 50; i++) {
            UUID job = UUID.randomUUID();
            // each was interrupted after it had renamed its file, so that all fifty have the same path
            FileFingerprint image = write("x.img.gz", "image " + i);
            Files.move(root.resolve("x.img.gz"), root.resolve(".imageferry-" + job));
            write(".imageferry-" + job + ".yaml", "sidecar " + i);
            ArchiveOrder order = order(job, "x.img.gz", image, Section.DONE, Treatment.MOVE);
            jobs.add(() -> archive(order));
            expected.put("image " + i, "sidecar " + i);
            expected.put(receipt(job), "receipt of image " + i);
        }

        try (ExecutorService threads = Executors.newFixedThreadPool(16)) {
            for (Future<Whereabouts> job : threads.invokeAll(jobs)) {
                assertThat(job.get()).isEqualTo(Whereabouts.ARCHIVED);
            }
        }

        Map<String, String> tree = tree();
        assertThat(tree).hasSize(150);
        Map<String, String> found = new TreeMap<>();
        for (int number = 1; number <= 50; number++) {
            String name = "done/" + Names.numbered("x.img.gz", number);
            String image = tree.get(name);
            found.put(image, tree.get(name + ".yaml"));
            found.put(tree.get(name + ".receipt.json"), "receipt of " + image);
        }
        assertThat(found).isEqualTo(expected);
    }

    @Test
    void one_of_fifty_concurrent_jobs_archives_the_same_file() throws Exception {
        FileFingerprint image = write("x.img.gz", "image");
        List<Callable<Whereabouts>> jobs = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            ArchiveOrder order = order(UUID.randomUUID(), "x.img.gz", image, Section.DONE, Treatment.MOVE);
            jobs.add(() -> archive(order));
        }

        List<Whereabouts> ends = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(16)) {
            for (Future<Whereabouts> job : threads.invokeAll(jobs)) {
                ends.add(job.get());
            }
        }

        assertThat(ends).containsOnlyOnce(Whereabouts.ARCHIVED).hasSize(50);
        assertThat(tree().values()).containsOnlyOnce("image").hasSize(51);
    }

    @Test
    void jobs_that_are_archived_at_the_same_time_share_a_new_folder() throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            for (int round = 0; round < 200; round++) {
                String path = "round-" + round + "/";
                CyclicBarrier start = new CyclicBarrier(4);
                List<Callable<Reservation>> reservations = new ArrayList<>();
                for (int i = 0; i < 4; i++) {
                    String name = path + i + ".img.gz";
                    ArchiveOrder order =
                            order(UUID.randomUUID(), name, write(name, "image"), Section.DONE, Treatment.MOVE);
                    reservations.add(() -> {
                        start.await();
                        return archive.reserve(order, null);
                    });
                }
                for (Future<Reservation> reserved : threads.invokeAll(reservations)) {
                    assertThat(((Reservation.Reserved) reserved.get()).name()).startsWith(path);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"MOVE", "DELETE"})
    void a_file_replaced_during_archiving_is_neither_lost_nor_archived(Treatment treatment) throws Exception {
        try (ExecutorService threads = Executors.newSingleThreadExecutor()) {
            for (int round = 0; round < 100; round++) {
                UUID job = UUID.randomUUID();
                FileFingerprint image = write("x.img.gz", "image");
                write(".newer", "newer image");
                ArchiveOrder order = order(job, "x.img.gz", image, Section.DONE, treatment);
                archive.reserve(order, null);
                CyclicBarrier start = new CyclicBarrier(2);
                Future<?> replacing = threads.submit(() -> {
                    start.await();
                    return Files.move(root.resolve(".newer"), root.resolve("x.img.gz"), StandardCopyOption.ATOMIC_MOVE);
                });

                start.await();
                Placement placement = archive.place(order, "x.img.gz");
                replacing.get();

                assertThat(placement).isInstanceOf(Placement.Placed.class);
                Map<String, String> tree = tree();
                assertThat(tree.getOrDefault("done/x.img.gz", "image")).isEqualTo("image");
                assertThat(tree.keySet()).noneMatch(name -> name.contains(job.toString()));
                assertThat(List.of(tree.getOrDefault("x.img.gz", ""), tree.getOrDefault("x-2.img.gz", "")))
                        .contains("newer image");
                for (String name : tree.keySet()) {
                    Files.delete(root.resolve(name));
                }
            }
        }
    }

    // ---- obstacles

    @Test
    void reports_a_file_or_link_named_done_and_loses_nothing() throws IOException {
        FileFingerprint image = write("x.img.gz", "image");
        ArchiveOrder order = order("x.img.gz", image, Treatment.MOVE);
        Files.createDirectory(root.resolve("outside"));

        write("done", "a file");
        assertUnavailable(archive.reserve(order, null), "done/", "symbolic link");

        Files.delete(root.resolve("done"));
        Files.createSymbolicLink(root.resolve("done"), Path.of("outside"));
        assertUnavailable(archive.reserve(order, null), "done/", "symbolic link");
        assertUnavailable(archive.place(order, "x.img.gz"), "done/", "symbolic link");
        assertThat(tree()).isEqualTo(Map.of("x.img.gz", "image", "done", "-> outside"));

        Files.delete(root.resolve("done"));
        assertThat(archive(order)).isEqualTo(Whereabouts.ARCHIVED);
    }

    @Test
    void an_unmounted_folder_is_unavailable() throws IOException {
        FileFingerprint image = write("x.img.gz", "image");
        ArchiveOrder order = order("x.img.gz", image, Treatment.MOVE);
        archive.reserve(order, null);
        Files.delete(root.resolve(".imageferry-folder"));

        assertUnavailable(archive.reserve(order, "x.img.gz"), "mount");
        assertUnavailable(archive.place(order, "x.img.gz"), "mount");
        assertUnavailable(archive.restore(JOB, "x.img.gz", image, "x.img.gz"), "mount");
    }

    @Test
    void an_interrupted_thread_changes_nothing_and_stays_interrupted() throws IOException {
        FileFingerprint image = write("x.img.gz", "image");
        ArchiveOrder order = order("x.img.gz", image, Treatment.MOVE);

        Thread.currentThread().interrupt();
        Reservation reservation = archive.reserve(order, null);

        assertThat(Thread.interrupted()).isTrue();
        assertThat(reservation).isEqualTo(new ArchiveHindrance.Interrupted());
        assertThat(archive(order)).isEqualTo(Whereabouts.ARCHIVED);
        assertThat(tree()).containsOnlyKeys("done/x.img.gz", "done/x.img.gz.receipt.json");
    }

    // ---- restoring

    @Test
    void restores_image_and_sidecars_and_deletes_the_receipt() throws IOException {
        FileFingerprint image = write("a/x.img.gz", "image");
        write("a/x.img.gz.yaml", "label: x");
        write("a/x.img.gz.sha256", "checksum");
        Map<String, String> before = tree();
        ArchiveOrder order = order(JOB, "a/x.img.gz", image, Section.FAILED, Treatment.MOVE);
        write("failed/a/x.img.gz", "of an earlier job");
        assertThat(archive(order)).isEqualTo(Whereabouts.ARCHIVED);
        Files.delete(root.resolve("a"));

        Restoration restoration = archive.restore(JOB, "a/x.img.gz", image, "a/x-2.img.gz");

        assertRestored(image, restoration);
        before.put("failed/a/x.img.gz", "of an earlier job");
        assertThat(tree()).isEqualTo(before);
        assertRestored(image, archive.restore(JOB, "a/x.img.gz", image, "a/x-2.img.gz"));
        FileFingerprint back = FileFingerprint.of(root.resolve("a/x.img.gz"));
        assertThat(archive(order(JOB, "a/x.img.gz", back, Section.FAILED, Treatment.MOVE)))
                .isEqualTo(Whereabouts.ARCHIVED);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a/x.img.gz", "a/x.img.gz.yaml", "a/x.img.gz.sha256"})
    void restores_nothing_if_a_name_is_taken(String taken) throws IOException {
        FileFingerprint image = write("a/x.img.gz", "image");
        write("a/x.img.gz.yaml", "label: x");
        write("a/x.img.gz.sha256", "checksum");
        archive(order(JOB, "a/x.img.gz", image, Section.FAILED, Treatment.MOVE));
        write(taken, "another file");
        Map<String, String> before = tree();

        Restoration restoration = archive.restore(JOB, "a/x.img.gz", image, "a/x.img.gz");

        assertThat(restoration)
                .isInstanceOfSatisfying(
                        Restoration.Conflict.class,
                        conflict -> assertThat(conflict.message()).startsWith(taken + " "));
        assertThat(tree()).isEqualTo(before);
    }

    @Test
    void restores_an_image_that_was_fixed_in_failed() throws IOException {
        FileFingerprint image = write("x.img.gz", "image");
        archive(order(JOB, "x.img.gz", image, Section.FAILED, Treatment.MOVE));
        FileFingerprint fixed = write("failed/x.img.gz", "fixed image");

        assertRestored(fixed, archive.restore(JOB, "x.img.gz", image, "x.img.gz"));
        assertThat(tree()).isEqualTo(Map.of("x.img.gz", "fixed image"));
    }

    @Test
    void restores_a_file_that_was_kept() throws IOException {
        FileFingerprint image = write("x.img.gz", "image");
        archive(order(JOB, "x.img.gz", image, Section.FAILED, Treatment.RECEIPT_ONLY));

        assertRestored(image, archive.restore(JOB, "x.img.gz", image, "x.img.gz"));
        assertThat(tree()).isEqualTo(Map.of("x.img.gz", "image"));
    }

    @Test
    void cannot_restore_a_missing_file() throws IOException {
        FileFingerprint image = write("x.img.gz", "image");
        archive(order(JOB, "x.img.gz", image, Section.FAILED, Treatment.MOVE));
        Files.delete(root.resolve("failed/x.img.gz"));

        assertThat(archive.restore(JOB, "x.img.gz", image, "x.img.gz")).isInstanceOf(Restoration.Missing.class);
    }

    @Test
    void restores_a_file_without_a_receipt_only_if_it_is_unchanged() throws IOException {
        FileFingerprint image = write("x.img.gz", "image");
        archive(order(JOB, "x.img.gz", image, Section.FAILED, Treatment.MOVE));
        Files.delete(root.resolve("failed/x.img.gz.receipt.json"));

        assertRestored(image, archive.restore(JOB, "x.img.gz", image, "x.img.gz"));
        assertThat(tree()).isEqualTo(Map.of("x.img.gz", "image"));

        Files.move(root.resolve("x.img.gz"), root.resolve("failed/x.img.gz"));
        write("failed/x.img.gz", "another image");
        assertThat(archive.restore(JOB, "x.img.gz", image, "x.img.gz")).isInstanceOf(Restoration.Missing.class);
    }

    @Test
    void does_not_restore_the_file_of_another_job() throws IOException {
        FileFingerprint image = write("x.img.gz", "image");
        archive(order(UUID.randomUUID(), "x.img.gz", image, Section.FAILED, Treatment.MOVE));
        Map<String, String> before = tree();
        FileFingerprint ofThisJob = new FileFingerprint(image.inode() + 1, 5, 0, 1);

        assertThat(archive.restore(JOB, "x.img.gz", ofThisJob, "x.img.gz")).isInstanceOf(Restoration.Missing.class);
        assertThat(tree()).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4})
    void an_interrupted_restore_can_be_repeated_with_the_same_result(int steps) throws IOException {
        FileFingerprint image = write("x.img.gz", "image");
        write("x.img.gz.yaml", "label: x");
        archive(order(JOB, "x.img.gz", image, Section.FAILED, Treatment.MOVE));
        List<String> names = List.of("x.img.gz.yaml", "x.img.gz");
        for (int step = 0; step < steps; step++) {
            Path from = root.resolve("failed/" + names.get(step / 2));
            if (step % 2 == 0) {
                Files.createLink(root.resolve(names.get(step / 2)), from);
            } else {
                Files.delete(from);
            }
        }

        assertRestored(image, archive.restore(JOB, "x.img.gz", image, "x.img.gz"));
        assertThat(tree()).isEqualTo(Map.of("x.img.gz", "image", "x.img.gz.yaml", "label: x"));
    }

    @ParameterizedTest
    @EnumSource(
            value = Treatment.class,
            names = {"MOVE", "DELETE"})
    void does_not_touch_a_file_with_the_same_inode_size_and_time(Treatment treatment) throws IOException {
        FileFingerprint image = write("x.img.gz", "image");
        FileFingerprint before = new FileFingerprint(
                image.inode(), image.bytes(), image.modifiedNanos(), image.changedNanos() - 1_000_000_000);

        assertThat(archive(order("x.img.gz", before, treatment))).isNotIn(Whereabouts.ARCHIVED, Whereabouts.LEFT);

        assertThat(tree()).containsEntry("x.img.gz", "image");
    }

    @ParameterizedTest
    @CsvSource({"image, ARCHIVED", "other, REPLACED"})
    void compares_the_content_if_only_the_change_time_differs(String checked, Whereabouts whereabouts)
            throws IOException {
        FileFingerprint image = write("x.img.gz", "image");
        FileFingerprint before = new FileFingerprint(
                image.inode(), image.bytes(), image.modifiedNanos(), image.changedNanos() - 1_000_000_000);
        String sha256 =
                HexFormat.of().formatHex(Digests.of("SHA-256").digest(checked.getBytes(StandardCharsets.UTF_8)));

        assertThat(archive(
                        new ArchiveOrder(JOB, "x.img.gz", before, sha256, Section.DONE, Treatment.MOVE, receipt(JOB))))
                .isEqualTo(whereabouts);

        assertThat(tree()).containsEntry(whereabouts == Whereabouts.ARCHIVED ? "done/x.img.gz" : "x.img.gz", "image");
    }

    // ---- helpers

    private Whereabouts archive(ArchiveOrder order) {
        return archive(order, null);
    }

    /** Like the queue: reserve, commit the name, place, and again with another name if the first was lost. */
    private Whereabouts archive(ArchiveOrder order, @Nullable String committed) {
        String name = committed;
        for (int run = 0; run < 10; run++) {
            Reservation reservation = archive.reserve(order, name);
            assertThat(reservation).isInstanceOf(Reservation.Reserved.class);
            name = ((Reservation.Reserved) reservation).name();
            Placement placement = archive.place(order, name);
            if (placement instanceof Placement.Placed placed) {
                return placed.whereabouts();
            }
            assertThat(placement).isEqualTo(new Placement.NameLost(name));
        }
        throw new AssertionError("the name was lost ten times");
    }

    private static ArchiveOrder order(String path, FileFingerprint fingerprint, Treatment treatment) {
        return order(JOB, path, fingerprint, Section.DONE, treatment);
    }

    private static ArchiveOrder order(
            UUID job, String path, FileFingerprint fingerprint, Section section, Treatment treatment) {
        return new ArchiveOrder(job, path, fingerprint, null, section, treatment, receipt(job));
    }

    private static String receipt(UUID job) {
        return "{\"id\": \"" + job + "\", \"state\": \"AVAILABLE\"}";
    }

    private static void assertUnavailable(Object end, String... parts) {
        assertThat(end).isInstanceOfSatisfying(ArchiveHindrance.Unavailable.class, unavailable -> {
            assertThat(unavailable.problem().code()).isEqualTo(ErrorCode.FOLDER_UNAVAILABLE);
            assertThat(unavailable.problem().message()).contains(parts);
        });
    }

    /** Moving a file changes only its change time. */
    private static void assertSame(FileFingerprint before, FileFingerprint now) {
        assertThat(now.equalsButForChangeTime(before))
                .as("%s, before: %s", now, before)
                .isTrue();
    }

    private static void assertRestored(FileFingerprint before, Restoration restoration) {
        assertThat(restoration)
                .isInstanceOfSatisfying(
                        Restoration.Restored.class, restored -> assertSame(before, restored.fingerprint()));
    }

    private FileFingerprint write(String path, String content) throws IOException {
        Path file = root.resolve(path);
        TestFolder.write(file, content);
        // each content has another time, so that sizes and times are not equal by chance
        Files.setLastModifiedTime(file, FileTime.from(TestFolder.LONG_AGO.plusSeconds(100L * content.hashCode())));
        return FileFingerprint.of(file);
    }

    private Map<String, String> tree() throws IOException {
        return TestFolder.tree(root);
    }

    private Map<String, String> contents() throws IOException {
        Map<String, String> contents = new TreeMap<>();
        tree().forEach((name, content) -> contents.put(content, name));
        return contents;
    }
}
