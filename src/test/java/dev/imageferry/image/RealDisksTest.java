package dev.imageferry.image;

import static dev.imageferry.image.DiskFiles.fit;
import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.RealTools;
import dev.imageferry.job.DiskContents;
import dev.imageferry.job.ErrorCode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Warnings about disks made with common tools. For their contents see {@link DiskOracleTest}. */
@Tag("exhaustive")
class RealDisksTest {
    private static final long MEBIBYTE = 1 << 20;

    @TempDir
    Path folder;

    private DiskFiles files;

    @BeforeEach
    void useFolder() {
        files = new DiskFiles(folder);
    }

    @ParameterizedTest
    @ValueSource(strings = {"mkfs.ext3", "mkfs.ext4"})
    void has_no_warnings_for_good_disks(String mkfs) throws IOException {
        Path disk = files.sparse("disk", 8 * MEBIBYTE);
        files.run(mkfs, "-q", "disk");

        assertThat(fit(files.gzip(disk)).contents().warnings()).isEmpty();
    }

    @Test
    void warns_about_a_file_system_that_linode_does_not_support() throws IOException {
        Path disk = files.sparse("disk", 8 * MEBIBYTE);
        files.run("mkfs.ext2", "-q", "disk");

        assertThat(fit(files.gzip(disk)).contents().warnings())
                .singleElement()
                .asString()
                .startsWith("not ext3/ext4: ext2");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "mkfs.ext2 -q disk",
                "mkfs.ext4 -q -b 1024 disk",
                "mkfs.ext4 -q -O ^64bit disk",
                "mkfs.xfs -q disk",
                "mkfs.btrfs -q disk",
                "echo , | sfdisk -q disk",
                "echo , | sfdisk -q -X gpt disk"
            })
    void reports_the_declared_size_of_a_disk_that_is_too_large(String make) throws IOException {
        long bytes = 400 * MEBIBYTE; // the minimum of mkfs.xfs is 300
        Path disk = files.sparse("disk", bytes);
        RealTools.require(make.replaceFirst("echo , \\| ", "").split(" ", 2)[0]);
        files.run("sh", "-c", make);
        GzipInspector inspector = new GzipInspector(new ImageLimits(bytes, 100 * MEBIBYTE), ContentsRule.STRICT);

        assertThat(inspector.inspect(files.gzip(disk), read -> {}))
                .isInstanceOfSatisfying(Inspection.Unfit.class, unfit -> {
                    assertThat(unfit.problem().code()).isEqualTo(ErrorCode.TOO_LARGE_UNCOMPRESSED);
                    assertThat(unfit.problem().message())
                            .contains("a disk of 419,430,400 bytes, but the limit is 104,857,600"
                                    + " (imageferry.limits.uncompressed)");
                });
    }

    @Test
    void names_the_command_that_repairs_a_damaged_gpt() throws IOException {
        RealTools.require("sgdisk");
        Path disk = files.sparse("disk", 64 * MEBIBYTE);
        files.runWith("label: gpt\nsize=16M\nsize=16M\n", "sfdisk", "-q", "disk");
        List<DiskContents.Partition> partitions =
                fit(files.gzip(disk)).contents().partitions();
        files.put(files.write("zeroes", new byte[33 * 512]), disk, 512);
        String warning = fit(files.gzip(disk)).contents().warnings().getFirst();
        assertThat(warning).startsWith("only the backup GPT").contains("sgdisk -e FILE");

        files.run("sgdisk", "-e", "disk");

        DiskContents repaired = fit(files.gzip(disk)).contents();
        assertThat(repaired.partitions()).isEqualTo(partitions);
        assertThat(repaired.warnings()).singleElement().asString().startsWith("partitioned");
    }

    @Test
    void names_the_command_that_adapts_a_gpt_to_a_smaller_disk() throws IOException {
        RealTools.require("sgdisk");
        Path disk = files.sparse("disk", 64 * MEBIBYTE);
        files.runWith("label: gpt\nsize=16M\n", "sfdisk", "-q", "disk");
        files.sparse("disk", 32 * MEBIBYTE);
        assertThat(fit(files.gzip(disk)).contents().warnings())
                .anySatisfy(warning -> assertThat(warning)
                        .startsWith("the GPT is for a larger disk")
                        .contains("sgdisk -e FILE"));

        files.run("sgdisk", "-e", "disk");

        assertThat(fit(files.gzip(disk)).contents().warnings())
                .singleElement()
                .asString()
                .startsWith("partitioned");
    }

    @Test
    void warns_about_a_blank_disk() throws IOException {
        DiskContents contents =
                fit(files.gzip(files.sparse("disk", 3 * MEBIBYTE))).contents();

        assertThat(contents.warnings()).containsExactly("blank: all zeroes");
    }

    @Test
    void detects_a_single_byte_that_is_not_zero() throws IOException {
        Path disk = files.sparse("disk", 3 * MEBIBYTE);
        files.put(files.write("one", new byte[] {1}), disk, 3 * MEBIBYTE - 700);

        assertThat(fit(files.gzip(disk)).contents().warnings())
                .singleElement()
                .asString()
                .startsWith("unknown content");
    }

    @Test
    void warns_about_a_size_that_is_not_a_multiple_of_sectors() throws IOException {
        Path disk = files.sparse("disk", 8 * MEBIBYTE);
        files.run("mkfs.ext4", "-q", "disk");
        files.put(files.write("one", new byte[] {1}), disk, 8 * MEBIBYTE);

        assertThat(fit(files.gzip(disk)).contents().warnings())
                .containsExactly(
                        "the uncompressed size of 8,388,609 bytes is not a multiple of 512: was the image truncated?");
    }

    @Test
    void does_not_mistake_a_boot_sector_for_a_partition_table() throws IOException {
        Path disk = files.sparse("disk", 64 * MEBIBYTE);
        files.run("mkfs.vfat", "-F", "32", "disk");

        assertThat(fit(files.gzip(disk)).contents().partitionTable()).isEqualTo("none");
    }

    @Test
    void warns_about_a_partition_that_ends_after_the_disk() throws IOException {
        Path disk = files.sparse("disk", 64 * MEBIBYTE);
        files.runWith("label: dos\nsize=16384,type=83\ntype=83\n", "sfdisk", "-q", "disk");
        files.sparse("disk", 60 * MEBIBYTE); // more than the partition alone

        assertThat(fit(files.gzip(disk)).contents().warnings())
                .contains("partition 2 ends after the end of the disk at 62,914,560 bytes: was the image truncated?");
    }
}
