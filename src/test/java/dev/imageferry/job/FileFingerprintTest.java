package dev.imageferry.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileFingerprintTest {
    private static final Instant MODIFIED = Instant.parse("2026-11-24T02:10:08.123456789Z");

    @TempDir
    Path directory;

    private Path file;

    @BeforeEach
    void write() throws Exception {
        file = Files.writeString(directory.resolve("x.img.gz"), "12345");
        Files.setLastModifiedTime(file, FileTime.from(MODIFIED));
    }

    @Test
    void contains_inode_size_and_times_in_nanoseconds() throws Exception {
        FileFingerprint fingerprint = FileFingerprint.of(file);

        assertThat(fingerprint)
                .isEqualTo(new FileFingerprint(
                        (Long) Files.getAttribute(file, "unix:ino"),
                        5,
                        1_795_486_208_123_456_789L,
                        ((FileTime) Files.getAttribute(file, "unix:ctime")).to(TimeUnit.NANOSECONDS)));
    }

    @Test
    void rename_changes_only_the_change_time() throws Exception {
        FileFingerprint before = FileFingerprint.of(file);

        Path renamed = Files.move(file, directory.resolve("y.img.gz"));

        assertThat(FileFingerprint.of(renamed).equalsButForChangeTime(before)).isTrue();
    }

    @Test
    void differs_for_a_replacement_with_the_same_size_and_modification_time() throws Exception {
        FileFingerprint before = FileFingerprint.of(file);
        Path other = Files.writeString(directory.resolve("other"), "54321");
        Files.setLastModifiedTime(other, FileTime.from(MODIFIED));

        Files.move(other, file, StandardCopyOption.REPLACE_EXISTING);

        assertThat(FileFingerprint.of(file)).isNotEqualTo(before);
    }

    @Test
    void differs_after_append_or_touch() throws Exception {
        FileFingerprint before = FileFingerprint.of(file);
        Files.writeString(file, "6", StandardOpenOption.APPEND);
        Files.setLastModifiedTime(file, FileTime.from(MODIFIED));
        FileFingerprint appended = FileFingerprint.of(file);
        Files.setLastModifiedTime(file, FileTime.from(MODIFIED.plusNanos(1)));

        assertThat(appended).isNotEqualTo(before);
        assertThat(FileFingerprint.of(file)).isNotEqualTo(appended);
    }

    @Test
    void does_not_follow_symbolic_links() throws Exception {
        Path link = Files.createSymbolicLink(directory.resolve("link"), file);

        assertThat(FileFingerprint.of(link)).isNotEqualTo(FileFingerprint.of(file));
    }

    @Test
    void supports_times_before_1970() throws Exception {
        Files.setLastModifiedTime(file, FileTime.from(-5, TimeUnit.SECONDS));

        assertThat(FileFingerprint.of(file).modifiedNanos()).isEqualTo(-5_000_000_000L);
    }

    @Test
    void throws_if_the_file_does_not_exist() {
        assertThatThrownBy(() -> FileFingerprint.of(directory.resolve("none"))).isInstanceOf(NoSuchFileException.class);
    }
}
