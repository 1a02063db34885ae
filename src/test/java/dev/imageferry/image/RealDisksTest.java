package dev.imageferry.image;

import static dev.imageferry.image.DiskFiles.fit;
import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.RealTools;
import dev.imageferry.job.DiskContents;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Disks made with the tools that people use; blkid and sfdisk are the judges. */
class RealDisksTest {
    private static final long MEBIBYTE = 1 << 20;
    private static final Pattern SFDISK_LINE =
            Pattern.compile("^\\S*?(\\d+) : start= *(\\d+), size= *(\\d+), type=([^,\\s]+).*");

    @TempDir
    Path folder;

    private DiskFiles files;

    @BeforeEach
    void useFolder() {
        files = new DiskFiles(folder);
    }

    static Stream<Arguments> filesystems() {
        return Stream.of(
                Arguments.of(8, "mkfs.ext2 -q -L ferry2 -d tree disk"),
                Arguments.of(8, "mkfs.ext3 -q -L ferry3 -d tree disk"),
                Arguments.of(8, "mkfs.ext4 -q -L ferry4 -d tree disk"),
                Arguments.of(8, "mkfs.ext4 -q -O ^has_journal -d tree disk"),
                Arguments.of(8, "mkfs.ext4 -q -b 1024 -L 0123456789abcdef disk"),
                Arguments.of(8, "mkfs.ext4 -q -L Köln disk"),
                Arguments.of(8, "mkfs.ext4 -q -L my_root disk".replace('_', '\u00a0')),
                Arguments.of(8, "mke2fs -q -O journal_dev disk"),
                Arguments.of(300, "mkfs.xfs -q -L ferry disk"),
                Arguments.of(128, "mkfs.btrfs -q -L the-ferry -r tree disk"),
                Arguments.of(4, "mkfs.vfat -F 12 -n FERRY12 disk"),
                Arguments.of(32, "mkfs.vfat -F 16 -n FERRY16 disk"),
                Arguments.of(64, "mkfs.vfat -F 32 -n FERRY32 disk"),
                Arguments.of(64, "mkfs.vfat -F 32 disk"),
                Arguments.of(64, "mkfs.vfat -S 4096 -n BIGSECTOR disk"),
                Arguments.of(16, "mkfs.exfat disk"),
                Arguments.of(16, "mkfs.ntfs -q -F -f disk"),
                Arguments.of(64, "mkfs.f2fs -q -l ferry-ß disk"),
                Arguments.of(8, "mkswap -L swapferry disk"),
                Arguments.of(8, "mkswap -p 65536 disk"),
                Arguments.of(0, "mksquashfs tree disk -quiet -noappend"),
                Arguments.of(
                        32,
                        "cryptsetup -q luksFormat --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000"
                                + " --label lockbox disk tree/etc/hostname"),
                Arguments.of(
                        32,
                        "cryptsetup -q luksFormat --type luks1 --pbkdf-force-iterations 1000"
                                + " disk tree/etc/hostname"));
    }

    @ParameterizedTest
    @MethodSource("filesystems")
    void names_a_file_system_as_blkid_does(int mebibytes, String command) throws IOException {
        RealTools.require("blkid");
        files.tree();
        Path disk = mebibytes == 0 ? files.at("disk") : files.sparse("disk", mebibytes * MEBIBYTE);
        files.run(command.split(" ", -1));

        DiskContents contents = fit(files.gzip(disk)).contents();

        assertThat(contents.filesystem()).isNotNull();
        assertThat(new Filesystem(String.valueOf(contents.filesystem()), contents.volumeLabel(), contents.uuid()))
                .isEqualTo(files.blkid(disk));
        assertThat(contents.partitionTable()).isEqualTo("none");
        assertThat(contents.partitions()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"mkfs.ext3", "mkfs.ext4"})
    void finds_nothing_to_warn_of(String mkfs) throws IOException {
        Path disk = files.sparse("disk", 8 * MEBIBYTE);
        files.run(mkfs, "-q", "disk");

        assertThat(fit(files.gzip(disk)).contents().warnings()).isEmpty();
    }

    @Test
    void warns_of_a_file_system_that_linode_does_not_know() throws IOException {
        Path disk = files.sparse("disk", 8 * MEBIBYTE);
        files.run("mkfs.ext2", "-q", "disk");

        assertThat(fit(files.gzip(disk)).contents().warnings())
                .singleElement()
                .asString()
                .startsWith("not ext3/ext4: ext2");
    }

    @Test
    void warns_of_a_blank_disk() throws IOException {
        DiskContents contents =
                fit(files.gzip(files.sparse("disk", 3 * MEBIBYTE))).contents();

        assertThat(contents.warnings()).containsExactly("blank: all zeroes");
    }

    @Test
    void sees_a_single_byte_that_is_not_zero() throws IOException {
        Path disk = files.sparse("disk", 3 * MEBIBYTE);
        files.put(files.write("one", new byte[] {1}), disk, 3 * MEBIBYTE - 700);

        assertThat(fit(files.gzip(disk)).contents().warnings())
                .singleElement()
                .asString()
                .startsWith("unknown content");
    }

    @Test
    void warns_of_a_size_that_is_no_whole_number_of_sectors() throws IOException {
        Path disk = files.sparse("disk", 8 * MEBIBYTE);
        files.run("mkfs.ext4", "-q", "disk");
        files.put(files.write("one", new byte[] {1}), disk, 8 * MEBIBYTE);

        assertThat(fit(files.gzip(disk)).contents().warnings())
                .containsExactly("8,388,609 bytes uncompressed is not a multiple of 512: was the image cut off?");
    }

    static Stream<Arguments> tables() {
        return Stream.of(
                Arguments.of("MBR", "label: dos\nstart=2048,size=16384,type=83,bootable\nsize=16384,type=c\n"),
                Arguments.of("MBR", "label: dos\nstart=63,size=16384,type=83\nstart=20000,size=16384,type=c\n"),
                Arguments.of("MBR", """
                        label: dos
                        size=16384,type=83
                        size=8192,type=82
                        size=65536,type=f
                        size=8192,type=c
                        size=4096,type=83
                        size=16384,type=83
                        size=8192,type=83
                        """),
                Arguments.of("GPT", "label: gpt\nsize=16384,name=root\nsize=16384,type=U\n"),
                Arguments.of("GPT", "label: gpt\ntable-length: 4\nsize=16384,name=root\nsize=16384,type=U\n"),
                Arguments.of("GPT", "label: gpt\n" + "size=2048\n".repeat(20)));
    }

    @ParameterizedTest
    @MethodSource("tables")
    void lists_the_partitions_as_sfdisk_does(String kind, String script) throws IOException {
        RealTools.require("sfdisk", "blkid");
        Path disk = files.sparse("disk", 64 * MEBIBYTE);
        files.runWith(script, "sfdisk", "-q", "disk");
        List<String[]> expected = dump();
        List<String> commands = List.of("mkfs.ext4 -q -L root part", "mkfs.vfat -n EFI part", "mkswap -L swap part");
        for (int i = 0; i < expected.size(); i++) {
            long bytes = Long.parseLong(expected.get(i)[2]);
            if (bytes > MEBIBYTE && !isExtended(expected.get(i))) {
                Path part = files.sparse("part", bytes);
                files.run(commands.get(i % commands.size()).split(" ", -1));
                files.put(part, disk, Long.parseLong(expected.get(i)[1]));
                Files.delete(part);
            }
        }

        DiskContents contents = fit(files.gzip(disk)).contents();

        assertThat(contents.partitionTable()).isEqualTo(kind);
        assertThat(contents.filesystem()).isNull();
        assertThat(contents.warnings()).containsExactly("partitioned: Network Helper needs manual configuration");
        assertThat(contents.partitions()).hasSameSizeAs(expected);
        for (int i = 0; i < expected.size(); i++) {
            DiskContents.Partition partition = contents.partitions().get(i);
            assertThat(List.of(
                            "" + partition.number(),
                            "" + partition.startBytes(),
                            "" + partition.bytes(),
                            partition.type()))
                    .isEqualTo(Arrays.asList(expected.get(i)));
            if (partition.bytes() > MEBIBYTE && !isExtended(expected.get(i)) && i < 16) {
                assertBlkid(disk, partition);
            }
        }
    }

    private static boolean isExtended(String[] partition) {
        return partition[3].equals("0f");
    }

    private void assertBlkid(Path disk, DiskContents.Partition partition) throws IOException {
        assertThat(partition.filesystem()).as("%s", partition).isNotNull();
        assertThat(new Filesystem(String.valueOf(partition.filesystem()), partition.volumeLabel(), partition.uuid()))
                .as("%s", partition)
                .isEqualTo(files.blkid(disk, "-O", "" + partition.startBytes(), "-S", "" + partition.bytes()));
    }

    /** Number, start and size in bytes, type, of each partition. */
    private List<String[]> dump() throws IOException {
        List<String[]> partitions = new ArrayList<>();
        for (String line : files.run("sfdisk", "-d", "disk").split("\n", -1)) {
            Matcher matcher = SFDISK_LINE.matcher(line);
            if (matcher.matches()) {
                String type = matcher.group(4).toLowerCase(Locale.ROOT);
                partitions.add(new String[] {
                    matcher.group(1),
                    "" + Long.parseLong(matcher.group(2)) * 512,
                    "" + Long.parseLong(matcher.group(3)) * 512,
                    type.length() == 1 ? "0" + type : type
                });
            }
        }
        return partitions;
    }

    @Test
    void does_not_take_a_boot_sector_for_a_partition_table() throws IOException {
        Path disk = files.sparse("disk", 64 * MEBIBYTE);
        files.run("mkfs.vfat", "-F", "32", "disk");

        assertThat(fit(files.gzip(disk)).contents().partitionTable()).isEqualTo("none");
    }

    @Test
    void warns_of_a_partition_that_ends_behind_the_disk() throws IOException {
        Path disk = files.sparse("disk", 64 * MEBIBYTE);
        files.runWith("label: dos\nsize=16384,type=83\ntype=83\n", "sfdisk", "-q", "disk");
        files.sparse("disk", 60 * MEBIBYTE); // more than the partition alone

        assertThat(fit(files.gzip(disk)).contents().warnings())
                .contains("partition 2 ends behind the disk's end at 62,914,560 bytes: was the image cut off?");
    }
}
