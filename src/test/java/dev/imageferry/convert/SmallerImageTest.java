package dev.imageferry.convert;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.RealTools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What deleted files left behind is not in the converted file, whatever format the disk came in. */
class SmallerImageTest {
    private static final long DELETED_BYTES = 8L << 20;

    @TempDir
    Path folder;

    private ImageFiles files;

    @BeforeEach
    void makeDiskWithDeletedFile() throws Exception {
        RealTools.require("debugfs", "e2image", "e2fsck", "xz", "qemu-img");
        files = new ImageFiles(folder);
        files.makeDisk();
        files.run(
                "head -c %d /dev/urandom > big && debugfs -w -R 'write big big' disk.img && debugfs -w -R 'rm big' disk.img"
                        .formatted(DELETED_BYTES));
    }

    private Conversion convert(String source) throws IOException, InterruptedException {
        return new Converter(ImageFiles.LIMITS, 2, true)
                .convert(
                        files.at(source),
                        files.target(),
                        new ImageFiles.CountedSpace(),
                        (done, total) -> assertThat(done).isBetween(0L, total));
    }

    @ParameterizedTest
    @CsvSource({
        "disk.img, true",
        "disk.img.gz, gzip -k disk.img",
        "disk.img.xz, xz -k -1 disk.img",
        "disk.qcow2, qemu-img convert -f raw -O qcow2 disk.img disk.qcow2"
    })
    void leaves_out_free_blocks(String source, String make) throws Exception {
        files.run(make);
        String contents = files.run("debugfs -R 'cat /noise' disk.img 2>/dev/null | sha256sum");

        assertThat(convert(source)).isEqualTo(new Conversion.Made(files.sha256(source), null));

        assertThat(Files.size(files.target())).isLessThan(DELETED_BYTES / 2);
        assertThat(files.targets()).hasSize(1);
        files.run(
                "gzip -dc .target.img.gz > out.img && e2fsck -fn out.img && [ $(stat -c %s out.img) = $(stat -c %s disk.img) ]");
        assertThat(files.run("debugfs -R 'cat /noise' out.img 2>/dev/null | sha256sum"))
                .isEqualTo(contents);
    }

    @Test
    void a_gzip_file_without_such_a_file_system_is_left_as_it_is() throws Exception {
        files.run("head -c 1M /dev/urandom > other.img && gzip -k other.img");

        assertThat(convert("other.img.gz"))
                .isEqualTo(new Conversion.NotNeeded(
                        "free blocks were not left out: the disk has no ext2, ext3 or ext4 file system"));
        assertThat(files.targets()).isEmpty();
    }

    @Test
    void a_file_system_that_is_not_clean_is_converted_as_it_is() throws Exception {
        files.run("debugfs -w -R 'ssv state 2' disk.img");

        assertThat(convert("disk.img"))
                .isInstanceOfSatisfying(
                        Conversion.Made.class,
                        made -> assertThat(made.noteOrNull())
                                .startsWith("free blocks were not left out: the file system is not clean"));
        assertThat(files.unpackedSha256(files.target())).isEqualTo(files.sha256("disk.img"));
    }
}
