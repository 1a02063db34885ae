package dev.imageferry.drop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.FileFingerprint;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DropFolderTest {
    @TempDir
    Path temporary;

    @Test
    void creates_the_folder_with_a_permanent_identity() throws Exception {
        Path directory = temporary.resolve("data/drop");

        DropFolder first = TestFolder.open(directory);
        DropFolder second = TestFolder.open(directory);

        assertThat(second.id()).isEqualTo(first.id());
        assertThat(Files.readString(directory.resolve(".imageferry-folder")).strip())
                .isEqualTo(first.id().toString());
        assertThat(first.isPresent()).isTrue();
        assertThat(first.isWritable()).isTrue();
        assertThat(first.freeBytes()).isPositive();
        try (var entries = Files.list(directory)) {
            assertThat(entries).hasSize(1);
        }
    }

    @Test
    void concurrent_instances_agree_on_the_identity_of_a_new_folder() throws Exception {
        Callable<UUID> opening =
                () -> TestFolder.open(temporary.resolve("drop")).id();

        List<Future<UUID>> ids;
        try (ExecutorService threads = Executors.newFixedThreadPool(16)) {
            ids = threads.invokeAll(java.util.Collections.nCopies(16, opening));
        }

        UUID id = ids.getFirst().get();
        for (Future<UUID> other : ids) {
            assertThat(other.get()).isEqualTo(id);
        }
    }

    @Test
    void a_known_folder_without_identity_is_unmounted_and_gets_no_new_one() throws IOException {
        DropFolder folder = TestFolder.open(temporary);
        Files.delete(temporary.resolve(".imageferry-folder"));

        Opening opening = DropFolder.open(temporary, folder.id());

        assertThat(opening).isInstanceOfSatisfying(Opening.Closed.class, closed -> {
            assertThat(closed.problem().code()).isEqualTo(ErrorCode.FOLDER_UNAVAILABLE);
            assertThat(closed.problem().message()).contains(temporary.toString(), "mount");
        });
        assertThat(temporary.resolve(".imageferry-folder")).doesNotExist();
        assertThat(folder.isPresent()).isFalse();
        assertThat(folder.isWritable()).isFalse();
    }

    @Test
    void does_not_create_a_known_directory_that_is_missing() {
        Path directory = temporary.resolve("drop");

        Opening opening = DropFolder.open(directory, UUID.randomUUID());

        assertThat(opening).isInstanceOf(Opening.Closed.class);
        assertThat(directory).doesNotExist();
    }

    @Test
    void refuses_a_folder_with_another_identity() {
        DropFolder folder = TestFolder.open(temporary);
        UUID known = UUID.randomUUID();

        Opening opening = DropFolder.open(temporary, known);

        assertThat(opening)
                .isInstanceOfSatisfying(
                        Opening.Closed.class,
                        closed -> assertThat(closed.problem().message())
                                .contains(known.toString(), folder.id().toString()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"garbage", "", "00000000-0000-0000-0000-000000000000 and far more than an identity"})
    void refuses_an_invalid_identity(String content) throws IOException {
        Files.writeString(temporary.resolve(".imageferry-folder"), content);

        assertThat(DropFolder.open(temporary, null)).isInstanceOf(Opening.Closed.class);
    }

    @Test
    void refuses_an_identity_that_is_a_symbolic_link() throws IOException {
        Files.writeString(temporary.resolve("elsewhere"), UUID.randomUUID().toString());
        Files.createSymbolicLink(temporary.resolve(".imageferry-folder"), Path.of("elsewhere"));

        assertThat(DropFolder.open(temporary, null)).isInstanceOf(Opening.Closed.class);
    }

    @Test
    void refuses_a_file_instead_of_the_folder_by_name() throws IOException {
        Path file = Files.createFile(temporary.resolve("drop"));

        assertThat(DropFolder.open(file, null))
                .isInstanceOfSatisfying(
                        Opening.Closed.class,
                        closed -> assertThat(closed.problem().message()).contains(file.toString()));
    }

    @Test
    void the_folder_itself_can_be_a_symbolic_link() throws IOException {
        Files.createDirectory(temporary.resolve("real"));
        Path link = Files.createSymbolicLink(temporary.resolve("link"), Path.of("real"));

        assertThat(TestFolder.open(link).root())
                .isEqualTo(temporary.resolve("real").toRealPath());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/etc/passwd", "..", "../x", "a/../../x", "a//b", "a/", "./a", ".", "a\0b"})
    void never_resolves_a_path_outside_the_folder(String path) {
        DropFolder folder = TestFolder.open(temporary);

        assertThatThrownBy(() -> folder.resolve(path)).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"x.img.gz", "a b/🚀.img.gz", "..a/b...img.gz", "line\nbreak.img.gz", "'\"\\<script>.img.gz"})
    void finds_and_opens_a_regular_file(String path) throws IOException {
        DropFolder folder = TestFolder.open(temporary);
        FileFingerprint written = TestFolder.write(temporary.resolve(path), "content");

        assertThat(folder.look(path)).isEqualTo(new Sighting.Present(written));
        try (SeekableByteChannel channel = folder.openRegular(path)) {
            assertThat(Channels.newInputStream(channel)).hasContent("content");
        }
    }

    @Test
    void follows_no_links_and_opens_only_regular_files() throws Exception {
        DropFolder folder = TestFolder.open(temporary.resolve("drop"));
        TestFolder.write(temporary.resolve("outside/secret.img.gz"), "secret");
        Files.createSymbolicLink(folder.root().resolve("link.img.gz"), Path.of("../outside/secret.img.gz"));
        Files.createSymbolicLink(folder.root().resolve("folder"), Path.of("../outside"));
        Files.createDirectory(folder.root().resolve("folder.img.gz"));
        TestFolder.bash(folder.root(), "mkfifo fifo.img.gz");

        for (String path : List.of(
                "link.img.gz", "folder/secret.img.gz", "folder.img.gz", "fifo.img.gz", "fifo.img.gz/x.img.gz")) {
            assertThat(folder.look(path)).as(path).isEqualTo(new Sighting.Absent());
            assertThatThrownBy(() -> folder.openRegular(path))
                    .as(path)
                    .isInstanceOf(NotRegularFileException.class)
                    .hasMessageContaining(path);
        }
    }

    @Test
    void a_missing_file_is_absent_only_if_the_folder_is_present() throws IOException {
        DropFolder folder = TestFolder.open(temporary);

        assertThat(folder.look("x.img.gz")).isEqualTo(new Sighting.Absent());
        assertThat(folder.look("a/x.img.gz")).isEqualTo(new Sighting.Absent());
        assertThatThrownBy(() -> folder.openRegular("a/x.img.gz")).isInstanceOf(NoSuchFileException.class);

        Files.delete(temporary.resolve(".imageferry-folder"));
        assertThat(folder.look("x.img.gz"))
                .isInstanceOfSatisfying(
                        Sighting.Unknown.class,
                        unknown -> assertThat(unknown.problem().code()).isEqualTo(ErrorCode.FOLDER_UNAVAILABLE));
    }

    @Test
    void an_inaccessible_path_is_unknown_and_not_absent() {
        DropFolder folder = TestFolder.open(temporary);
        String tooLong = "x".repeat(300) + ".img.gz";

        assertThat(folder.look(tooLong))
                .isInstanceOfSatisfying(
                        Sighting.Unknown.class,
                        unknown -> assertThat(unknown.problem().code()).isEqualTo(ErrorCode.UNREADABLE));
    }
}
