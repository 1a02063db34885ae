package dev.imageferry.convert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.imageferry.RealTools;
import dev.imageferry.job.ErrorCode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A conversion that ends early, at any moment, leaves nothing behind. */
class ConversionEndsTest {
    @TempDir
    static Path folder;

    private static ImageFiles files;

    @BeforeAll
    static void makeFiles() throws Exception {
        RealTools.require("qemu-img", "xz");
        files = new ImageFiles(folder);
        files.run("""
                (head -c 1M /dev/zero; head -c 3M /dev/urandom) > disk.img
                xz -0 -c disk.img > disk.img.xz
                qemu-img convert -O qcow2 disk.img disk.qcow2
                xz -0 -c disk.qcow2 > disk.qcow2.xz
                """);
    }

    /** Does something at the nth call of space or progress, on the thread of the conversion. */
    private static final class AtCall implements Space, Progress {
        private final int nth;
        private final Action action;
        private int calls;

        interface Action {
            void run() throws IOException;
        }

        AtCall(int nth, Action action) {
            this.nth = nth;
            this.action = action;
        }

        @Override
        public void require(long bytes) throws IOException {
            call();
        }

        @Override
        public void written(long bytes) {}

        @Override
        public void at(long done, long total) {
            try {
                call();
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }

        private void call() throws IOException {
            if (++calls == nth) {
                action.run();
            }
        }
    }

    private static Conversion convert(String source, Space space, Progress progress)
            throws IOException, InterruptedException {
        return new Converter(ImageFiles.LIMITS, 2, false).convert(files.at(source), files.target(), space, progress);
    }

    private static int calls(String source) throws Exception {
        AtCall count = new AtCall(0, () -> {});
        assertThat(convert(source, count, count)).isInstanceOf(Conversion.Made.class);
        Files.delete(files.target());
        return count.calls;
    }

    @ParameterizedTest
    @ValueSource(strings = {"disk.img", "disk.img.xz", "disk.qcow2", "disk.qcow2.xz"})
    void an_interrupt_at_any_moment_leaves_nothing(String source) throws Exception {
        int calls = calls(source);
        assertThat(calls).isGreaterThan(6);
        for (int nth = 1; nth <= calls; nth++) {
            AtCall interrupt = new AtCall(nth, () -> Thread.currentThread().interrupt());

            assertThatThrownBy(() -> convert(source, interrupt, interrupt))
                    .as("call %d of %d", nth, calls)
                    .isInstanceOf(InterruptedException.class);

            assertThat(Thread.interrupted()).isFalse();
            assertThat(files.targets()).isEmpty();
            assertThat(ProcessHandle.current().descendants().filter(ProcessHandle::isAlive))
                    .isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"disk.img", "disk.img.xz", "disk.qcow2", "disk.qcow2.xz"})
    void no_space_at_any_place_leaves_nothing(String source) throws Exception {
        AtCall count = new AtCall(0, () -> {});
        convert(source, count, (done, total) -> {});
        Files.delete(files.target());
        for (int nth = 1; nth <= count.calls; nth++) {
            AtCall full = new AtCall(nth, () -> {
                throw new NoSpaceException("space for 7 bytes");
            });

            assertThatThrownBy(() -> convert(source, full, (done, total) -> {}))
                    .as("reservation %d of %d", nth, count.calls)
                    .isExactlyInstanceOf(NoSpaceException.class)
                    .hasMessage("space for 7 bytes");

            assertThat(files.targets()).isEmpty();
        }
    }

    @Test
    void a_file_that_changes_meanwhile_is_not_converted() throws Exception {
        files.run("cp disk.img growing.img");
        Progress progress = (done, total) -> {
            if (done >= total / 2) {
                append(files.at("growing.img"));
            }
        };

        assertThatThrownBy(() -> convert("growing.img", new ImageFiles.CountedSpace(), progress))
                .isInstanceOf(IOException.class)
                .hasMessage("growing.img changed while it was read");

        assertThat(files.targets()).isEmpty();
    }

    @Test
    void a_file_that_is_overwritten_meanwhile_is_not_converted() throws Exception {
        files.run("cp disk.img overwritten.img && touch -d 2026-01-01 overwritten.img");
        Progress progress = (done, total) -> {
            if (done >= total / 2) {
                overwrite(files.at("overwritten.img"));
            }
        };

        assertThatThrownBy(() -> convert("overwritten.img", new ImageFiles.CountedSpace(), progress))
                .isInstanceOf(IOException.class)
                .hasMessage("overwritten.img changed while it was read");

        assertThat(files.targets()).isEmpty();
    }

    /** As one who wants a link to be read instead of the file that was checked. */
    @Test
    void a_file_that_is_replaced_by_a_link_is_not_converted() throws Exception {
        files.run("cp disk.qcow2 replaced.qcow2");
        Space space = new Space() {
            @Override
            public void require(long bytes) throws IOException {
                Files.delete(files.at("replaced.qcow2"));
                Files.createSymbolicLink(files.at("replaced.qcow2"), files.at("disk.qcow2"));
            }

            @Override
            public void written(long bytes) {}
        };

        assertThatThrownBy(() -> convert("replaced.qcow2", space, (done, total) -> {}))
                .isInstanceOf(IOException.class)
                .hasMessage("replaced.qcow2 changed while it was read");

        assertThat(files.targets()).isEmpty();
    }

    @Test
    void a_link_and_a_pipe_are_not_opened() throws Exception {
        files.run("ln -sf disk.img link.img; rm -f pipe.img; mkfifo pipe.img");

        assertThatThrownBy(() -> files.convert("link.img")).hasMessage("link.img is not a regular file");
        assertThatThrownBy(() -> files.convert("pipe.img")).hasMessage("pipe.img is not a regular file");
        assertThat(files.targets()).isEmpty();
    }

    /** A program in place of qemu-img that starts a child, prints what it is told, and waits. */
    private static QemuImg program(String script, Duration silence) throws IOException {
        Path program = files.at("program");
        Files.deleteIfExists(files.at("child"));
        Files.deleteIfExists(program);
        Files.createFile(program, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Files.writeString(
                program,
                "#!/bin/bash\n" + script.replace("CHILD", files.at("child").toString()));
        return new QemuImg(Optional.of(program), silence);
    }

    private static final String HANGS = """
            case $1 in
              check) exit 0;;
              measure) echo '{"required": 4194304, "fully-allocated": 4194304}';;
              convert) sleep 600 & echo $! > CHILD; echo "(1.00/100%)"; wait;;
            esac
            """;

    @Test
    void a_program_that_makes_no_progress_is_stopped_with_its_children() throws Exception {
        Converter converter = new Converter(ImageFiles.LIMITS, 1, program(HANGS, Duration.ofMillis(300)));

        Conversion found = converter.convert(
                files.at("disk.qcow2"), files.target(), new ImageFiles.CountedSpace(), (done, total) -> {});

        assertThat(found)
                .isInstanceOfSatisfying(
                        Conversion.Unfit.class,
                        unfit -> assertThat(unfit.problem().message()).contains("made no progress", "was stopped"));
        assertThat(files.targets()).isEmpty();
        assertThat(childIsAlive()).isFalse();
    }

    @Test
    void an_interrupt_stops_the_program_with_its_children() throws Exception {
        Converter converter = new Converter(ImageFiles.LIMITS, 1, program(HANGS, Duration.ofMinutes(10)));

        assertThatThrownBy(() -> converter.convert(
                        files.at("disk.qcow2"),
                        files.target(),
                        new ImageFiles.CountedSpace(),
                        (done, total) -> Thread.currentThread().interrupt()))
                .isInstanceOf(InterruptedException.class);

        assertThat(files.targets()).isEmpty();
        assertThat(childIsAlive()).isFalse();
    }

    private static boolean childIsAlive() throws IOException {
        long pid = Long.parseLong(Files.readString(files.at("child")).strip());
        return ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
    }

    @Test
    void a_program_writes_no_more_than_was_announced() throws Exception {
        RealTools.require("prlimit");
        Converter converter = new Converter(
                ImageFiles.LIMITS,
                1,
                program(
                        HANGS.replaceFirst("convert\\).*", "convert) head -c 5M /dev/zero > \"\\${@: -1}\";;"),
                        Duration.ofMinutes(1)));

        Conversion found = converter.convert(
                files.at("disk.qcow2"), files.target(), new ImageFiles.CountedSpace(), (done, total) -> {});

        assertThat(found)
                .isInstanceOfSatisfying(
                        Conversion.Unfit.class,
                        unfit -> assertThat(unfit.problem().message()).contains("qemu-img cannot convert"));
        assertThat(files.targets()).isEmpty();
    }

    @Test
    void the_size_that_a_program_finds_is_judged_too() throws Exception {
        long tooMany = ImageFiles.LIMITS.uncompressedBytes() + 1;
        Converter converter = new Converter(
                ImageFiles.LIMITS,
                1,
                program(
                        HANGS.replace("\"fully-allocated\": 4194304", "\"fully-allocated\": " + tooMany),
                        Duration.ofMinutes(1)));

        Conversion found = converter.convert(
                files.at("disk.qcow2"), files.target(), new ImageFiles.CountedSpace(), (done, total) -> {
                    throw new AssertionError("converted " + done);
                });

        assertThat(found)
                .isInstanceOfSatisfying(
                        Conversion.Unfit.class,
                        unfit -> assertThat(unfit.problem().code()).isEqualTo(ErrorCode.TOO_LARGE_UNCOMPRESSED));
        assertThat(files.targets()).isEmpty();
    }

    @Test
    void what_a_program_prints_is_shown_without_control_characters() throws Exception {
        String script = "echo first >&2; printf 'a\\033[31m red\\nline\\r\\n' >&2; echo last >&2; exit 1";
        Converter converter = new Converter(ImageFiles.LIMITS, 1, program(script, Duration.ofMinutes(1)));

        Conversion found = converter.convert(
                files.at("disk.qcow2"), files.target(), new ImageFiles.CountedSpace(), (done, total) -> {});

        assertThat(found)
                .isInstanceOfSatisfying(
                        Conversion.Unfit.class,
                        unfit -> assertThat(unfit.problem().message())
                                .contains("(exit status 1: a[31m red; line; last)"));
    }

    @Test
    void the_environment_of_a_program_is_clean() throws Exception {
        String script = "env | sort | tr '\\n' ' ' >&2; exit 1";
        Converter converter = new Converter(ImageFiles.LIMITS, 1, program(script, Duration.ofMinutes(1)));

        Conversion found = converter.convert(
                files.at("disk.qcow2"), files.target(), new ImageFiles.CountedSpace(), (done, total) -> {});

        assertThat(found)
                .isInstanceOfSatisfying(
                        Conversion.Unfit.class,
                        unfit -> assertThat(unfit.problem().message())
                                .contains("LC_ALL=C", "PATH=")
                                .doesNotContain("HOME", "LINODE", "USER"));
    }

    private static void append(Path file) {
        write(file, StandardOpenOption.APPEND);
    }

    private static void overwrite(Path file) {
        write(file, StandardOpenOption.WRITE);
    }

    private static void write(Path file, StandardOpenOption option) {
        try {
            Files.writeString(file, "more", option);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
