package dev.imageferry.convert;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.RealTools;
import dev.imageferry.job.ErrorCode;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Copies that are cut short, preallocated or altered. */
class DamagedSourceTest {
    @TempDir
    static Path folder;

    private static ImageFiles files;

    @BeforeAll
    static void makeFiles() throws Exception {
        RealTools.require("qemu-img", "xz", "zstd", "bzip2");
        files = new ImageFiles(folder);
        files.makeDisk();
        files.run("""
                gzip -c disk.img > whole.img.gz
                xz -1 -c disk.img > whole.img.xz
                zstd -q -c disk.img > whole.img.zst
                bzip2 -c disk.img > whole.img.bz2
                cp disk.img whole.img
                qemu-img convert -O qcow2 disk.img whole.qcow2
                qemu-img convert -c -O qcow2 disk.img packed.qcow2
                qemu-img convert -O vmdk disk.img whole.vmdk
                qemu-img convert -O vmdk -o subformat=streamOptimized disk.img stream.vmdk
                qemu-img convert -O vpc disk.img whole.vhd
                qemu-img convert -O vpc -o subformat=fixed disk.img fixed.vhd
                qemu-img convert -O vhdx disk.img whole.vhdx
                qemu-img convert -O vdi disk.img whole.vdi
                """);
    }

    @AfterEach
    void remove_the_result() throws IOException {
        Files.deleteIfExists(files.target());
    }

    @ParameterizedTest
    @CsvSource({
        "whole.img.gz, the file ends at byte",
        "whole.img.xz, the file ends at byte",
        "whole.img.zst, the file ends at byte",
        "whole.img.bz2, the file ends at byte",
        "whole.img, the file has only",
        "whole.qcow2, damaged or not complete",
        "packed.qcow2, packed.qcow2",
        "whole.vmdk, points after EOF",
        "stream.vmdk, points after EOF",
        "whole.vhd, no footer",
        "fixed.vhd, its content is not of that format",
        "whole.vhdx, probably been truncated",
        "whole.vdi, the VDI image needs"
    })
    void a_truncated_file_may_be_unfinished(String name, String message) throws Exception {
        for (int percent : new int[] {90, 60}) {
            // given
            String part = "part-" + name;
            long bytes = Files.size(files.at(name)) * percent / 100;
            files.run("head -c %d %s > %s".formatted(bytes, name, part));

            // when
            Conversion.Unfit unfit = files.unfit(part, ImageFiles.LIMITS);

            // then
            assertThat(unfit.problem().code()).isEqualTo(ErrorCode.CONVERSION_FAILED);
            assertThat(unfit.problem().message()).as("%d %%", percent).contains(message, "copy it again");
            assertThat(unfit.mayBeUnfinished()).isTrue();
        }
    }

    /** Some formats end in bytes that nothing needs, so a file without them leads to the same disk. */
    @ParameterizedTest
    @ValueSource(strings = {"whole.qcow2", "packed.qcow2", "whole.vmdk", "stream.vmdk", "whole.vhdx", "whole.vdi"})
    void a_disk_format_without_its_last_bytes_leads_to_no_other_disk(String name) throws Exception {
        for (int missing : new int[] {1, 512, 4096, 70_000}) {
            // given
            files.run("head -c -%d %s > short-%s".formatted(missing, name, name));

            // when
            Conversion found = files.convert("short-" + name);

            // then
            switch (found) {
                case Conversion.Made made ->
                    assertThat(files.unpackedSha256(files.target())).isEqualTo(files.sha256(ImageFiles.DISK));
                case Conversion.Unfit unfit ->
                    assertThat(unfit.mayBeUnfinished()).isTrue();
                case Conversion.NotNeeded notNeeded -> throw new AssertionError(notNeeded);
            }
            Files.deleteIfExists(files.target());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "whole.img.gz",
                "whole.img.xz",
                "whole.img.zst",
                "whole.img.bz2",
                "packed.qcow2",
                "stream.vmdk",
                "whole.vhd",
                "fixed.vhd"
            })
    void a_preallocated_file_may_be_unfinished(String name) throws Exception {
        for (int percent : new int[] {0, 60}) {
            // given
            String part = "zero-" + name;
            long bytes = Files.size(files.at(name));
            files.run("head -c %d %s > %s && truncate -s %d %s"
                    .formatted(bytes * percent / 100, name, part, bytes, part));

            // when
            Conversion.Unfit unfit = files.unfit(part, ImageFiles.LIMITS);

            // then
            assertThat(unfit.problem().code()).isEqualTo(ErrorCode.CONVERSION_FAILED);
            assertThat(unfit.mayBeUnfinished())
                    .as("%d %%: %s", percent, unfit.problem())
                    .isTrue();
        }
    }

    /** VMware writes the valid header at the end, qemu-img at the beginning. */
    private static byte[] streamedByVmware(long footerSectors) throws IOException {
        byte[] stream = Files.readAllBytes(files.at("stream.vmdk"));
        int bytes = (stream.length + 511) / 512 * 512;
        ByteBuffer all = ByteBuffer.allocate(bytes + 3 * 512).order(ByteOrder.LITTLE_ENDIAN);
        all.put(stream).putLong(0x38, -1);
        // a marker of one sector: type 3, a footer
        all.putLong(bytes, 1).putInt(bytes + 12, 3);
        all.put(bytes + 512, stream, 0, 512);
        if (footerSectors != 0) {
            all.putLong(bytes + 512 + 0x0c, footerSectors);
        }
        return all.array();
    }

    @Test
    void a_vmdk_with_its_header_at_the_end_is_converted() throws Exception {
        Files.write(files.at("vmware.vmdk"), streamedByVmware(0));

        Conversion found = files.convert("vmware.vmdk");

        assertThat(found).isInstanceOf(Conversion.Made.class);
        assertThat(files.unpackedSha256(files.target())).isEqualTo(files.sha256(ImageFiles.DISK));
    }

    @Test
    void a_vmdk_without_its_header_at_the_end_may_be_unfinished() throws Exception {
        byte[] whole = streamedByVmware(0);
        Files.write(files.at("vmware.vmdk"), Arrays.copyOf(whole, whole.length - 512));

        Conversion.Unfit unfit = files.unfit("vmware.vmdk", ImageFiles.LIMITS);

        assertThat(unfit.problem().message()).contains("no footer");
        assertThat(unfit.mayBeUnfinished()).isTrue();
    }

    @Test
    void a_vmdk_whose_header_at_the_end_has_another_size_is_refused() throws Exception {
        Files.write(files.at("vmware.vmdk"), streamedByVmware(1L << 33));

        Conversion.Unfit unfit = files.unfit("vmware.vmdk", ImageFiles.LIMITS);

        assertThat(unfit.problem().message()).contains("name different sizes");
    }

    /** These have a checksum for every byte. */
    @ParameterizedTest
    @ValueSource(strings = {"whole.img.gz", "whole.img.xz", "whole.img.zst", "whole.img.bz2"})
    void a_flipped_bit_in_compressed_data_is_found(String name) throws Exception {
        for (int percent : new int[] {10, 50, 90}) {
            // given
            flip(name, "flipped-" + name, Files.size(files.at(name)) * percent / 100);

            // when
            Conversion.Unfit unfit = files.unfit("flipped-" + name, ImageFiles.LIMITS);

            // then
            assertThat(unfit.problem().code()).isEqualTo(ErrorCode.CONVERSION_FAILED);
            assertThat(unfit.problem().message()).contains("copy it again");
            assertThat(unfit.mayBeUnfinished())
                    .as("%d %%: %s", percent, unfit.problem())
                    .isFalse();
        }
    }

    /** The formats of virtual machines have no checksum of the content, so some flips lead to another disk. None may do harm. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "packed.qcow2",
                "whole.qcow2",
                "whole.vmdk",
                "stream.vmdk",
                "whole.vhd",
                "whole.vhdx",
                "whole.vdi"
            })
    void a_flipped_bit_in_a_disk_format_does_no_harm(String name) throws Exception {
        long bytes = Files.size(files.at(name));
        for (long at :
                new long[] {9, 27, 72, 200, 513, 1100, 65_536 + 8, 131_072 + 8, bytes / 3, bytes / 2, bytes - 70}) {
            // given
            flip(name, "flipped-" + name, at);

            // when
            Conversion found = files.convert("flipped-" + name);

            // then
            switch (found) {
                case Conversion.Made made -> {
                    assertThat(files.targets()).hasSize(1);
                    files.run("gzip -t .target.img.gz && rm .target.img.gz");
                }
                case Conversion.Unfit unfit -> {
                    assertThat(files.targets()).isEmpty();
                    assertThat(unfit.problem().message())
                            .startsWith("flipped-" + name + ": ")
                            .doesNotContain("json:");
                }
                case Conversion.NotNeeded notNeeded -> throw new AssertionError(notNeeded);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"whole.img.gz", "whole.img.xz", "whole.img.zst", "whole.img.bz2"})
    void other_data_after_the_compressed_data_is_found(String name) throws Exception {
        files.run("(cat %s; echo something else) > tail-%s".formatted(name, name));

        Conversion.Unfit unfit = files.unfit("tail-" + name, ImageFiles.LIMITS);

        assertThat(unfit.problem().code()).isEqualTo(ErrorCode.CONVERSION_FAILED);
        assertThat(unfit.mayBeUnfinished()).isFalse();
    }

    @Test
    void an_empty_file_may_be_unfinished() throws Exception {
        Files.createFile(files.at("empty.img"));

        Conversion.Unfit unfit = files.unfit("empty.img", ImageFiles.LIMITS);

        assertThat(unfit.problem().code()).isEqualTo(ErrorCode.EMPTY);
        assertThat(unfit.mayBeUnfinished()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "empty.img.xz, xz < /dev/null > empty.img.xz",
        "empty.img.zst, zstd -q < /dev/null > empty.img.zst",
        "empty.img.bz2, bzip2 < /dev/null > empty.img.bz2",
        "empty.qcow2, qemu-img create -f qcow2 empty.qcow2 0"
    })
    void a_file_with_nothing_inside_is_empty(String name, String command) throws Exception {
        files.run(command);

        Conversion.Unfit unfit = files.unfit(name, ImageFiles.LIMITS);

        assertThat(unfit.problem().code()).isEqualTo(ErrorCode.EMPTY);
        assertThat(unfit.mayBeUnfinished()).isFalse();
    }

    private static void flip(String name, String copy, long offset) throws IOException {
        Files.copy(files.at(name), files.at(copy), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        try (RandomAccessFile file = new RandomAccessFile(files.at(copy).toFile(), "rw")) {
            file.seek(offset);
            int old = file.read();
            file.seek(offset);
            file.write(old ^ 0x10);
        }
    }
}
