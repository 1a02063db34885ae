package dev.imageferry.database;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The unpacked programs, unchanged, incomplete and altered. */
class PostgresBinariesTest {
    private static final FileTime LONG_AGO = FileTime.from(Instant.parse("2020-01-01T00:00:00Z"));

    @TempDir
    static Path root;

    private static DatabaseDirectories directories;

    private Path work;
    private Path home;

    @BeforeAll
    static void unpack() throws Exception {
        directories = new DatabaseDirectories(root);
    }

    @BeforeEach
    void copyUnpacked() throws IOException {
        work = directories.next().resolve("work");
        try (Stream<Path> all = Files.list(work)) {
            home = all.toList().getFirst();
        }
    }

    @Test
    void a_second_start_unpacks_nothing() throws Exception {
        Object before = fileKey(home);

        PostgresBinaries binaries = PostgresBinaries.unpackInto(work);

        assertThat(binaries.home()).isEqualTo(home);
        assertThat(fileKey(home)).as("the same directory").isEqualTo(before);
    }

    @Test
    void programs_without_a_marker_are_replaced() throws Exception {
        // as after a crash between unpacking and marking
        Files.delete(home.resolve("unpacked"));
        Files.delete(home.resolve("bin/initdb"));

        PostgresBinaries.unpackInto(work);

        requireUsable();
    }

    @Test
    void an_incomplete_draft_of_a_killed_daemon_is_removed() throws Exception {
        PrivateFiles.deleteTree(home);
        Path draft = work.resolve("unpacking");
        PrivateFiles.createDirectory(draft.resolve("bin"));
        Files.writeString(draft.resolve("bin/postgres"), "half");

        PostgresBinaries.unpackInto(work);

        requireUsable();
        assertThat(draft).doesNotExist();
    }

    @Test
    void a_missing_file_is_restored() throws Exception {
        Files.delete(home.resolve("share/postgresql/timezone/UTC"));

        PostgresBinaries.unpackInto(work);

        assertThat(home.resolve("share/postgresql/timezone/UTC")).isRegularFile();
    }

    @Test
    void an_altered_program_is_replaced() throws Exception {
        replace(home.resolve("bin/pg_ctl"), "#!/bin/sh\nexit 0\n");

        PostgresBinaries.unpackInto(work);

        requireUsable();
    }

    @Test
    void an_altered_file_of_the_same_size_is_replaced() throws Exception {
        Path file = home.resolve("share/postgresql/postgres.bki");
        byte[] content = Files.readAllBytes(file);
        byte[] altered = content.clone();
        altered[altered.length / 2] ^= 1;
        Files.delete(file);
        Files.write(file, altered);
        Files.setLastModifiedTime(file, LONG_AGO);

        PostgresBinaries.unpackInto(work);

        assertThat(file).hasBinaryContent(content);
    }

    @Test
    void an_added_library_is_removed() throws Exception {
        Path foreign = home.resolve("lib/postgresql/foreign.so");
        Files.writeString(foreign, "foreign");

        PostgresBinaries.unpackInto(work);

        assertThat(foreign).doesNotExist();
    }

    @Test
    void a_link_in_place_of_the_directory_is_replaced_and_not_followed() throws Exception {
        Path elsewhere = root.resolve("elsewhere");
        Files.move(home, elsewhere);
        Files.createSymbolicLink(home, elsewhere);

        PostgresBinaries.unpackInto(work);

        requireUsable();
        assertThat(Files.isSymbolicLink(home)).isFalse();
        assertThat(elsewhere.resolve("bin/postgres"))
                .as("what the link pointed to")
                .exists();
    }

    private void requireUsable() throws IOException, InterruptedException {
        for (String program : List.of("postgres", "initdb", "pg_ctl")) {
            Process process =
                    new ProcessBuilder(home.resolve("bin").resolve(program).toString(), "--version").start();
            assertThat(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .contains("(PostgreSQL) 18.");
            assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
        }
        assertThat(home.resolve("unpacked")).isRegularFile();
    }

    /** The files are hard links that other tests share. */
    private static void replace(Path file, String content) throws IOException {
        Files.delete(file);
        Files.writeString(file, content);
    }

    private static Object fileKey(Path path) throws IOException {
        return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
    }
}
