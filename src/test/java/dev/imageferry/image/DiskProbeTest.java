package dev.imageferry.image;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.tuple;

import dev.imageferry.job.DiskContents;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class DiskProbeTest {
    private static final int MEBIBYTE = 1 << 20;

    private static DiskContents probe(byte[] disk, int chunkBytes) {
        DiskProbe probe = new DiskProbe();
        for (int from = 0; from < disk.length; from += chunkBytes) {
            byte[] chunk = Arrays.copyOfRange(disk, from, Math.min(disk.length, from + chunkBytes));
            probe.accept(chunk, chunk.length);
        }
        return probe.finish().contents();
    }

    private static DiskContents probe(CraftedDisk disk) {
        return probe(disk.bytes(), 128 * 1024);
    }

    @Test
    void reads_a_gpt_of_large_sectors() {
        DiskContents contents = probe(new CraftedDisk(3 * MEBIBYTE)
                .gpt(4096, 128, 4)
                .gptEntry(2 * 4096, 256, 511)
                .gptEntry(2 * 4096 + 2 * 128, 512, 600)
                .ext4(MEBIBYTE, "root"));

        assertThat(contents.partitionTable()).isEqualTo("GPT");
        assertThat(contents.partitions())
                .extracting(DiskContents.Partition::number, DiskContents.Partition::startBytes)
                .containsExactly(tuple(1, (long) MEBIBYTE), tuple(3, 2L * MEBIBYTE));
        DiskContents.Partition first = contents.partitions().getFirst();
        assertThat(first.bytes()).isEqualTo(MEBIBYTE);
        assertThat(first.type()).isEqualTo(CraftedDisk.LINUX.toString());
        assertThat(first.filesystem()).isEqualTo("ext4");
        assertThat(first.volumeLabel()).isEqualTo("root");
    }

    /** The result must not depend on the size of the chunks. */
    @ParameterizedTest
    @ValueSource(ints = {1, 511, 512, 513, 65_537, 131_072, MEBIBYTE, 4 * MEBIBYTE})
    void gives_the_same_result_for_chunks_of_any_size(int chunkBytes) {
        byte[] disk = logicalPartitions();

        List<DiskContents.Partition> partitions = probe(disk, chunkBytes).partitions();

        assertThat(partitions).extracting(DiskContents.Partition::number).containsExactly(1, 2, 5, 6, 7);
        assertThat(partitions)
                .extracting(DiskContents.Partition::filesystem)
                .containsExactly("ext4", null, "ext4", "vfat", "btrfs");
    }

    private static byte[] logicalPartitions() {
        int extended = 300 * 512;
        int second = MEBIBYTE - 300; // its record crosses the end of the captured head
        second -= second % 512;
        int third = 2 * MEBIBYTE;
        return new CraftedDisk(3 * MEBIBYTE)
                .mbrEntry(0, 0, 0x83, 40, 200)
                .mbrEntry(0, 1, 0x05, 300, 5800)
                .ext4(40 * 512, "first")
                .mbrEntry(extended, 0, 0x83, 1, 100)
                .mbrEntry(extended, 1, 0x05, second / 512 - 300, 300)
                .ext4(extended + 512, "five")
                .mbrEntry(second, 0, 0x0c, 1, 200)
                .mbrEntry(second, 1, 0x05, third / 512 - 300, 300)
                .fat16(second + 512)
                .mbrEntry(third, 0, 0x83, 63, 200)
                .btrfs(third + 63 * 512)
                .bytes();
    }

    @Test
    void does_not_follow_a_chain_that_goes_back() {
        DiskContents contents = probe(new CraftedDisk(MEBIBYTE)
                .mbrEntry(0, 0, 0x05, 8, 1000)
                .mbrEntry(8 * 512, 0, 0x83, 1, 10)
                .mbrEntry(8 * 512, 1, 0x05, 20, 10)
                .mbrEntry(28 * 512, 0, 0x83, 1, 10)
                .mbrEntry(28 * 512, 1, 0x05, 0, 10));

        assertThat(contents.partitions())
                .extracting(DiskContents.Partition::number)
                .containsExactly(1, 5, 6);
    }

    @Test
    void limits_an_endless_chain() {
        CraftedDisk disk = new CraftedDisk(MEBIBYTE).mbrEntry(0, 0, 0x05, 1, 5000);
        for (int sector = 1; sector < 2000; sector++) {
            disk.mbrEntry(sector * 512, 0, 0x83, 1, 1).mbrEntry(sector * 512, 1, 0x05, sector, 1);
        }

        assertThat(probe(disk).partitions()).hasSize(61);
    }

    @Test
    void does_not_mistake_boot_code_with_a_boot_signature_for_a_table() {
        DiskContents contents = probe(
                new CraftedDisk(MEBIBYTE).random(0, 510).int16(510, 0xaa55).ext4(0, "root"));

        assertThat(contents.partitionTable()).isEqualTo("none");
        assertThat(contents.filesystem()).isEqualTo("ext4");
    }

    @Test
    void does_not_mistake_the_boot_code_of_a_fat_for_a_table() {
        DiskContents contents = probe(new CraftedDisk(MEBIBYTE).fat16(0).mbrEntry(0, 0, 0x83, 8, 100));

        assertThat(contents.partitionTable()).isEqualTo("none");
        assertThat(contents.filesystem()).isEqualTo("vfat");
    }

    @Test
    void does_not_mistake_a_boot_signature_without_entries_for_a_table() {
        assertThat(probe(new CraftedDisk(MEBIBYTE).int16(510, 0xaa55).ext4(0, "root"))
                        .warnings())
                .isEmpty();
    }

    /** The result must not depend on the size of the chunks at the end of the disk either. */
    @ParameterizedTest
    @CsvSource({"512, 1", "512, 513", "512, 65537", "512, 131072", "512, 4194304", "4096, 100", "4096, 131072"})
    void reads_the_backup_gpt_if_the_primary_is_invalid(int sectorBytes, int chunkBytes) {
        int end = 3 * MEBIBYTE;
        int table = end - sectorBytes - Math.max(sectorBytes, 8 * 128);
        long inHead = MEBIBYTE / 2;
        long behindIt = 2L * MEBIBYTE;
        byte[] disk = new CraftedDisk(end)
                .backupGpt(sectorBytes, 8)
                .gptEntry(table, inHead / sectorBytes, inHead / sectorBytes + 63)
                .gptEntry(table + 2 * 128, behindIt / sectorBytes, behindIt / sectorBytes + 63)
                .ext4((int) inHead, "boot")
                .ext4((int) behindIt, "root")
                .text(sectorBytes, "EFI PART") // with no checksum
                .bytes();

        DiskContents contents = probe(disk, chunkBytes);

        assertThat(contents.partitionTable()).isEqualTo("GPT");
        assertThat(contents.partitions())
                .extracting(
                        DiskContents.Partition::number,
                        DiskContents.Partition::startBytes,
                        DiskContents.Partition::volumeLabel)
                .containsExactly(tuple(1, inHead, "boot"), tuple(3, behindIt, null));
        assertThat(contents.warnings())
                .satisfiesExactly(
                        warning -> assertThat(warning)
                                .startsWith("only the backup GPT")
                                .contains("sgdisk -e FILE"),
                        warning -> assertThat(warning).startsWith("partitioned"));
    }

    @Test
    void warns_about_a_protective_mbr_without_a_valid_gpt() {
        DiskContents contents = probe(new CraftedDisk(MEBIBYTE).mbrEntry(0, 0, 0xee, 1, 0xffffffffL));

        assertThat(contents.warnings())
                .satisfiesExactly(
                        warning -> assertThat(warning).startsWith("protective MBR without a valid GPT"),
                        warning -> assertThat(warning).startsWith("partitioned"));
    }

    @Test
    void warns_about_a_gpt_for_a_larger_disk() {
        byte[] whole = new CraftedDisk(3 * MEBIBYTE)
                .gpt(512, 128, 4)
                .gptEntry(1024, 40, 99)
                .bytes();

        assertThat(probe(whole, MEBIBYTE).warnings()).singleElement().asString().startsWith("partitioned");
        assertThat(probe(Arrays.copyOf(whole, 2 * MEBIBYTE), MEBIBYTE).warnings())
                .anySatisfy(warning -> assertThat(warning)
                        .contains("usable area ends at 3,144,704 bytes, the disk at 2,097,152", "sgdisk -e FILE"));
    }

    /** The checksum is valid, the numbers are not. */
    @Test
    void handles_malicious_numbers_in_a_gpt_header() {
        long[] hostile = {0, 1, 2, 127, 4097, 1 << 20, Integer.MAX_VALUE, 0xffffffffL, 1L << 47, Long.MAX_VALUE, -1};
        for (int field : new int[] {12, 24, 40, 48, 72, 80, 84}) {
            for (long value : hostile) {
                CraftedDisk disk =
                        new CraftedDisk(MEBIBYTE + 4096).gpt(512, 128, 4).gptEntry(1024, 40, 300);
                byte[] sealed = disk.bytes();
                CraftedDisk copy = new CraftedDisk(sealed.length).text(0, new String(sealed, ISO_8859_1));
                if (field == 12 || field >= 80) {
                    copy.int32(512 + field, value);
                } else {
                    copy.int64(512 + field, value);
                }
                byte[] mutated = copy.sealHeader(512).bytes();
                assertThatCode(() -> probe(mutated, 128 * 1024))
                        .as("%d at %d", value, field)
                        .doesNotThrowAnyException();
            }
        }
    }

    @Test
    void ignores_a_nilfs_magic_without_its_checksum() {
        DiskContents contents =
                probe(new CraftedDisk(MEBIBYTE).int16(1030, 0x3434).int16(1032, 280));

        assertThat(contents.filesystem()).isNull();
    }

    @Test
    void reports_no_uuid_for_a_ufs_without_one() {
        DiskContents contents =
                probe(new CraftedDisk(MEBIBYTE).ufs(65536, 0x19540119L, true).zeroes(65536 + 144, 8));

        assertThat(contents.filesystem()).isEqualTo("ufs");
        assertThat(contents.volumeLabel()).isEqualTo("freebsd");
        assertThat(contents.uuid()).isNull();
    }

    @Test
    void lists_the_protective_entry_if_the_gpt_is_missing() {
        DiskContents contents = probe(new CraftedDisk(MEBIBYTE).mbrEntry(0, 0, 0xee, 1, 2047));

        assertThat(contents.partitionTable()).isEqualTo("MBR");
        assertThat(contents.partitions().getFirst().type()).isEqualTo("ee");
    }

    @Test
    void prefers_the_label_in_the_root_directory_of_a_fat() {
        DiskContents contents = probe(new CraftedDisk(MEBIBYTE).fat16(0));

        assertThat(contents.volumeLabel()).isEqualTo("ROOT LABEL");
        assertThat(contents.uuid()).isEqualTo("1234-ABCD");
    }

    static Stream<Arguments> crafted() {
        String lvm = "0123456789abcdefghijklmnopqrstuv";
        return Stream.of(
                Arguments.of(
                        new CraftedDisk(MEBIBYTE)
                                .text(512, "LABELONE")
                                .int32(512 + 20, 32)
                                .text(512 + 24, "LVM2 001")
                                .text(512 + 32, lvm),
                        new Filesystem("LVM2_member", null, "012345-6789-abcd-efgh-ijkl-mnop-qrstuv")),
                Arguments.of(
                        new CraftedDisk(MEBIBYTE)
                                .int32(4096, 0xa92b4efcL)
                                .int32(4100, 1)
                                .text(4096 + 16, "0123456789abcdef")
                                .text(4096 + 32, "ferry:0"),
                        new Filesystem("linux_raid_member", "ferry:0", "30313233-3435-3637-3839-616263646566")));
    }

    @ParameterizedTest
    @MethodSource("crafted")
    void recognises_members_of_volumes(CraftedDisk disk, Filesystem expected) {
        DiskContents contents = probe(disk);

        assertThat(contents.filesystem()).isEqualTo(expected.type());
        assertThat(contents.volumeLabel()).isEqualTo(expected.label());
        assertThat(contents.uuid()).isEqualTo(expected.uuid());
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\u001b[2Jb", "a\nb", "a\u0000b", "\u00ff\u00fe", "\u00e2\u0080\u00ae", "   "})
    void sanitises_labels(String label) {
        String shown = probe(new CraftedDisk(MEBIBYTE).ext4(0, label)).volumeLabel();

        assertThat(shown == null ? "" : shown).matches("[\\x20-\\x7e\\ufffd]*").doesNotContain("\u001b");
    }

    /** Some thousand disks with malicious values in their tables and superblocks. */
    @Test
    void handles_every_mutation() {
        List<byte[]> disks = List.of(
                logicalPartitions(),
                new CraftedDisk(MEBIBYTE + 4096)
                        .gpt(512, 128, 128)
                        .gptEntry(1024, 40, 300)
                        .gptEntry(1152, 400, 2000)
                        .ext4(40 * 512, "a")
                        .fat16(400 * 512)
                        .bytes(),
                new CraftedDisk(200_000).fat16(0).bytes(),
                new CraftedDisk(200_000).ext4(0, "a").bytes(),
                new CraftedDisk(200_000)
                        .btrfs(0)
                        .text(512, "LABELONE")
                        .text(536, "LVM2 001")
                        .bytes());
        int[] places = {0, 446, 510, 512, 1024, 1152, 4096, 300 * 512, 400 * 512, 40 * 512 + 1024, 65536};
        byte[] values = {0, 1, 0x7f, (byte) 0x80, (byte) 0xff, 5, (byte) 0xee, '\n'};
        Random random = new Random(42);

        for (int round = 0; round < 4000; round++) {
            byte[] disk = disks.get(round % disks.size()).clone();
            int length = 1 + random.nextInt(disk.length);
            if (random.nextInt(4) > 0) {
                length = disk.length;
            }
            int mutations = 1 + random.nextInt(12);
            for (int i = 0; i < mutations; i++) {
                int at = places[random.nextInt(places.length)] + random.nextInt(100);
                int run = 1 + random.nextInt(8);
                byte value = random.nextBoolean() ? values[random.nextInt(values.length)] : (byte) random.nextInt();
                Arrays.fill(disk, Math.min(at, disk.length), Math.min(at + run, disk.length), value);
            }
            byte[] mutated = Arrays.copyOf(disk, length);
            assertThatCode(() -> probe(mutated, 128 * 1024))
                    .as("round %d", round)
                    .doesNotThrowAnyException();
        }
    }

    @Test
    void inspects_every_mutated_file(@TempDir Path folder) throws Exception {
        DiskFiles files = new DiskFiles(folder);
        byte[] plain = DiskFiles.gzip(
                new CraftedDisk(20_000).ext4(0, "a").random(3000, 500).bytes());
        byte[] two = Arrays.copyOf(plain, plain.length * 2);
        System.arraycopy(plain, 0, two, plain.length, plain.length);
        Random random = new Random(43);

        for (int round = 0; round < 3000; round++) {
            byte[] mutated = Arrays.copyOf(two, random.nextInt(4) > 0 ? two.length : random.nextInt(two.length));
            IntStream.rangeClosed(0, random.nextInt(6)).forEach(i -> {
                int at = random.nextInt(random.nextBoolean() ? 16 : two.length);
                if (at < mutated.length) {
                    mutated[at] = (byte) random.nextInt();
                }
            });
            Path file = files.write("disk.img.gz", mutated);

            // Any result is fine, but not an exception.
            assertThat(DiskFiles.inspect(file, ContentsRule.STRICT))
                    .as("round %d", round)
                    .isInstanceOfAny(Inspection.Fit.class, Inspection.Unfit.class);
        }
    }
}
