package dev.imageferry.linode;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.job.CheckedImage;
import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.FileFingerprint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The final 64 KiB are not sent if anything is wrong, so that the bucket stores nothing. */
class HeldBackEndTest {
    static final int LENGTH = 3_000_000;

    @TempDir
    Path directory;

    /** Changes to a file during its upload. */
    enum Mischief {
        ALTERED_AT_THE_FRONT(ErrorCode.FILE_CHANGED),
        ALTERED_AT_THE_END(ErrorCode.FILE_CHANGED),
        APPENDED(ErrorCode.FILE_CHANGED),
        TRUNCATED(ErrorCode.FILE_CHANGED),
        TOUCHED(ErrorCode.FILE_CHANGED),
        REPLACED(ErrorCode.FILE_CHANGED),
        REPLACED_BY_A_LINK(ErrorCode.FILE_CHANGED),
        REMOVED(ErrorCode.FILE_REMOVED);

        final ErrorCode expected;

        Mischief(ErrorCode expected) {
            this.expected = expected;
        }

        void doTo(Path file) throws IOException {
            FileTime later = FileTime.fromMillis(Files.getLastModifiedTime(file).toMillis() + 5000);
            switch (this) {
                case ALTERED_AT_THE_FRONT -> overwrite(file, 10);
                case ALTERED_AT_THE_END -> overwrite(file, LENGTH - 10);
                case APPENDED -> Files.write(file, new byte[] {1}, StandardOpenOption.APPEND);
                case TRUNCATED -> {
                    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                        channel.truncate(LENGTH / 2);
                    }
                }
                case TOUCHED -> Files.setLastModifiedTime(file, later);
                case REPLACED -> {
                    Path other = Files.copy(file, file.resolveSibling("other"), StandardCopyOption.COPY_ATTRIBUTES);
                    Files.move(other, file, StandardCopyOption.REPLACE_EXISTING);
                }
                case REPLACED_BY_A_LINK -> {
                    Path other = Files.move(file, file.resolveSibling("other"));
                    Files.createSymbolicLink(file, other);
                }
                case REMOVED -> Files.delete(file);
            }
            if (this == ALTERED_AT_THE_FRONT || this == ALTERED_AT_THE_END) {
                Files.setLastModifiedTime(file, later);
            }
        }
    }

    static void overwrite(Path file, long position) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(new byte[] {1, 2, 3, 4, 5, 6, 7}), position);
        }
    }

    @ParameterizedTest
    @EnumSource(Mischief.class)
    void aborts_when_the_file_is_not_the_checked_one(Mischief mischief) throws Exception {
        SentFile file = SentFile.of(directory, LENGTH);
        AtomicBoolean done = new AtomicBoolean();
        AtomicInteger asked = new AtomicInteger();
        try (RawServer server = new RawServer(connection -> connection.readBody(Long.MAX_VALUE))) {
            PutResult result = SentFile.patientBucket()
                    .put(
                            SentFile.url("http", server.port()),
                            file.path(),
                            file.checked(),
                            file.fingerprint(),
                            () -> asked.incrementAndGet() > 0,
                            total -> {
                                if (done.compareAndSet(false, true)) {
                                    run(mischief, file.path());
                                }
                            });

            assertThat(result)
                    .isInstanceOfSatisfying(
                            PutResult.FileChanged.class,
                            changed -> assertThat(changed.problem().code()).isEqualTo(mischief.expected));
            assertThat(server.served().body().length).isBetween(1, LENGTH - HeldBackBody.HELD_BACK_BYTES);
            assertThat(asked).hasValue(0);
        }
    }

    @ParameterizedTest
    @EnumSource(Mischief.class)
    void does_not_connect_for_a_file_that_has_already_changed(Mischief mischief) throws Exception {
        SentFile file = SentFile.of(directory, LENGTH);
        mischief.doTo(file.path());

        // nothing listens on this port
        PutResult result = file.putTo(1);

        assertThat(result)
                .isInstanceOfSatisfying(
                        PutResult.FileChanged.class,
                        changed -> assertThat(changed.problem().code()).isEqualTo(mischief.expected));
    }

    /** Only the bytes and the change time differ from the checked file. */
    private static SentFile editedInPlace(int length, Path directory) throws IOException {
        SentFile file = SentFile.of(directory, length);
        FileTime before = Files.getLastModifiedTime(file.path());
        overwrite(file.path(), 500);
        Files.setLastModifiedTime(file.path(), before);
        assertThat(FileFingerprint.of(file.path()).equalsButForChangeTime(file.fingerprint()))
                .isTrue();
        return file;
    }

    @ParameterizedTest
    @ValueSource(ints = {1000, LENGTH})
    void aborts_when_the_file_was_edited_in_place(int length) throws Exception {
        SentFile file = editedInPlace(length, directory);
        try (RawServer server = new RawServer(connection -> connection.readBody(Long.MAX_VALUE))) {
            PutResult result = file.putTo(server.port());

            assertThat(result)
                    .isInstanceOfSatisfying(
                            PutResult.FileChanged.class,
                            changed -> assertThat(changed.problem().code()).isEqualTo(ErrorCode.FILE_CHANGED));
            assertThat(server.served().body()).hasSize(Math.max(0, length - HeldBackBody.HELD_BACK_BYTES));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1000, LENGTH})
    void aborts_when_an_unchanged_file_returns_other_bytes(int length) throws Exception {
        SentFile file = editedInPlace(length, directory);
        try (RawServer server = new RawServer(connection -> connection.readBody(Long.MAX_VALUE))) {
            PutResult result = SentFile.patientBucket()
                    .put(
                            SentFile.url("http", server.port()),
                            file.path(),
                            file.checked(),
                            FileFingerprint.of(file.path()),
                            SentFile.YES,
                            total -> {});

            assertThat(result)
                    .isInstanceOfSatisfying(
                            PutResult.Corrupted.class,
                            corrupted ->
                                    assertThat(corrupted.problem().message()).contains("debian-12.img.gz", "CRC32C"));
            assertThat(server.served().body()).hasSize(Math.max(0, length - HeldBackBody.HELD_BACK_BYTES));
        }
    }

    @Test
    void aborts_when_the_file_is_longer_than_the_checked_one() throws Exception {
        SentFile file = SentFile.of(directory, LENGTH);
        CheckedImage c = file.checked();
        CheckedImage shorter =
                new CheckedImage(LENGTH - 1000, c.uncompressedBytes(), c.sha256(), c.md5(), c.crc32c(), c.contents());
        try (RawServer server = new RawServer(connection -> connection.readBody(Long.MAX_VALUE))) {
            PutResult result = SentFile.patientBucket()
                    .put(
                            SentFile.url("http", server.port()),
                            file.path(),
                            shorter,
                            file.fingerprint(),
                            SentFile.YES,
                            total -> {});

            assertThat(result).isInstanceOf(PutResult.FileChanged.class);
            assertThat(server.served().body()).hasSize(LENGTH - 1000 - HeldBackBody.HELD_BACK_BYTES);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1000, LENGTH})
    void aborts_when_the_guard_refuses(int length) throws Exception {
        SentFile file = SentFile.of(directory, length);
        try (RawServer server = new RawServer(connection -> connection.readBody(Long.MAX_VALUE))) {
            PutResult result = file.putTo(SentFile.patientBucket(), server.port(), () -> false);

            assertThat(result).isInstanceOf(PutResult.LostLease.class);
            assertThat(server.served().body()).hasSize(Math.max(0, length - HeldBackBody.HELD_BACK_BYTES));
        }
    }

    @Test
    void distinguishes_an_unreadable_file_from_a_changed_one() throws Exception {
        Path folder = Files.createDirectory(directory.resolve("in-the-way.img.gz"));
        SentFile file = SentFile.of(directory, 1000);
        try (RawServer server = new RawServer(connection -> connection.readBody(Long.MAX_VALUE))) {
            PutResult result = SentFile.patientBucket()
                    .put(
                            SentFile.url("http", server.port()),
                            folder,
                            file.checked(),
                            FileFingerprint.of(folder),
                            SentFile.YES,
                            total -> {});

            assertThat(result)
                    .isInstanceOfSatisfying(
                            PutResult.FileChanged.class,
                            changed -> assertThat(changed.problem().code()).isEqualTo(ErrorCode.UNREADABLE));
        }
    }

    private static void run(Mischief mischief, Path file) {
        try {
            mischief.doTo(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
