package dev.imageferry.image;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.imageferry.RealTools;
import dev.imageferry.job.DiskContents;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Compares the probe with blkid, sfdisk, file and qemu-img. Contains no expected values, only translations of terms. Prints
 * the results of all tools.
 */
class DiskOracleTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long MEBIBYTE = 1 << 20;
    private static final String NOTHING = "nothing";
    private static final List<String> EXTENDED = List.of("05", "0f", "85");
    private static final int LOOKED_INTO = 16;

    /** Names of qemu-img that differ from ours in more than case. */
    private static final Map<String, String> QEMU_WORDS = Map.of("vpc", "VHD", "parallels", "Parallels disk");

    /** Parts of the output of file, with our names for them; the first match applies. */
    private static final Map<Pattern, String> FILE_WORDS = new LinkedHashMap<>();

    static {
        FILE_WORDS.put(Pattern.compile("^Linux rev [\\d.]+ (ext[234]) filesystem"), "$1");
        FILE_WORDS.put(Pattern.compile("^SGI XFS"), "xfs");
        FILE_WORDS.put(Pattern.compile("^BTRFS"), "btrfs");
        FILE_WORDS.put(Pattern.compile("^F2FS"), "f2fs");
        FILE_WORDS.put(Pattern.compile("^Squashfs"), "squashfs");
        FILE_WORDS.put(Pattern.compile("^Linux swap file"), "swap");
        FILE_WORDS.put(Pattern.compile("^Unix Fast File system"), "ufs");
        FILE_WORDS.put(Pattern.compile("^ntfsclone image"), "ntfsclone image");
        FILE_WORDS.put(Pattern.compile("^Windows imaging \\(WIM\\) image"), "WIM");
        FILE_WORDS.put(Pattern.compile("^LVM2 PV"), "LVM2_member");
        FILE_WORDS.put(Pattern.compile("^LUKS encrypted"), "crypto_LUKS");
        FILE_WORDS.put(Pattern.compile("\"EXFAT   \""), "exfat");
        FILE_WORDS.put(Pattern.compile("\"NTFS    \""), "ntfs");
        FILE_WORDS.put(Pattern.compile("FAT \\((12|16|32) bit\\)"), "vfat");
        FILE_WORDS.put(Pattern.compile("^DOS/MBR boot sector.*ID=0xee"), "GPT");
        FILE_WORDS.put(Pattern.compile("^DOS/MBR boot sector; partition"), "MBR");
        FILE_WORDS.put(Pattern.compile("^QEMU QCOW2? Image \\(v1\\)"), "qcow");
        FILE_WORDS.put(Pattern.compile("^QEMU QCOW2? Image \\(v[23]\\)"), "qcow2");
        FILE_WORDS.put(Pattern.compile("^QEMU QED Image"), "QED");
        FILE_WORDS.put(Pattern.compile("^VMware4? disk image"), "VMDK");
        FILE_WORDS.put(Pattern.compile("^Microsoft Disk Image eXtended"), "VHDX");
        FILE_WORDS.put(Pattern.compile("^Microsoft Disk Image, Virtual"), "VHD");
        FILE_WORDS.put(Pattern.compile("^VirtualBox Disk Image"), "VDI");
        FILE_WORDS.put(Pattern.compile("^Parallels disk image"), "Parallels disk");
        FILE_WORDS.put(Pattern.compile("^ISO 9660"), "ISO 9660");
        FILE_WORDS.put(Pattern.compile("\\b(tar|cpio) archive"), "$1");
        FILE_WORDS.put(Pattern.compile("^Zip archive"), "zip");
        FILE_WORDS.put(Pattern.compile("^7-zip archive"), "7z");
        FILE_WORDS.put(Pattern.compile("^(bzip2|gzip|LZ4) compressed"), "$1");
        FILE_WORDS.put(Pattern.compile("^XZ compressed"), "xz");
        FILE_WORDS.put(Pattern.compile("^Zstandard compressed"), "zstd");
        FILE_WORDS.put(Pattern.compile("^ELF"), "ELF");
        FILE_WORDS.put(Pattern.compile("\\btext\\b"), "text");
        FILE_WORDS.put(Pattern.compile("^data$"), NOTHING);
    }

    /** {@code inside 2 mkfs.ext4 -q}: makes a file of partition 2's size, runs that over it and puts it into the disk. */
    private static final String INSIDE = """
            inside() {
              set -- "$(sfdisk -d disk | sed -n "s/^disk$1 : start= *\\([0-9]*\\), size= *\\([0-9]*\\).*/\\1 \\2/p")" "$@"
              start=${1% *} size=${1#* }
              shift 2
              truncate -s $((size * 512)) part
              "$@" part
              dd if=part of=disk bs=1M seek=$((start * 512)) oflag=seek_bytes conv=sparse,notrunc status=none
              rm part
            }
            """;

    /**
     * One file, named {@code disk}.
     *
     * @param tools what has to be installed
     * @param script for sh, in a folder with a {@code tree} of files
     * @param judges the tools that recognise this content
     */
    record Sample(String name, List<String> tools, String script, List<String> judges) {
        @Override
        public String toString() {
            return name;
        }
    }

    private record Said(String file, String judge, String itsWord, String ourWord) {}

    private static final List<Said> TABLE = new ArrayList<>();

    @TempDir
    Path folder;

    private DiskFiles files;

    @BeforeEach
    void useFolder() throws IOException {
        files = new DiskFiles(folder);
        files.tree();
    }

    private static Sample made(String command, String prelude, String... judges) {
        return new Sample(command, List.of(command.split(" ", 2)[0]), prelude + command, List.of(judges));
    }

    private static Sample volume(int mebibytes, String command, String... judges) {
        return made(command, "truncate -s %dM disk\n".formatted(mebibytes), judges);
    }

    private static Sample virtual(String options) {
        return made(
                "qemu-img convert -f raw -O " + options + " raw disk",
                "truncate -s 8M raw\nmkfs.ext4 -q raw\n",
                "blkid",
                "sfdisk",
                "file",
                "qemu-img");
    }

    private static Sample packed(String command, String... judges) {
        return made(command, "", judges);
    }

    private static Sample table(String name, int mebibytes, String script, String filling) {
        String text = "truncate -s %dM disk\nsfdisk -q disk <<EOF\n%s\nEOF\n%s\n".formatted(mebibytes, script, filling);
        List<String> tools = Stream.concat(Stream.of("sfdisk"), filling.lines().map(line -> line.split(" ", -1)[2]))
                .distinct()
                .toList();
        return new Sample(name, tools, INSIDE + text, List.of("blkid", "sfdisk", "file", "qemu-img"));
    }

    private static Sample ufs(String byteOrder, int version, String... judges) {
        return packed("makefs -t ffs -B %s -s 8m -o version=%d disk tree".formatted(byteOrder, version), judges);
    }

    /** An empty GPT partition, whose content is not compared. */
    private static Sample damagedGpt(String name, String damage) {
        Sample gpt = table(name, 64, "label: gpt\nsize=16384,type=U\nsize=16384,name=root", "");
        return new Sample(name, gpt.tools(), gpt.script() + damage, gpt.judges());
    }

    static Stream<Sample> volumes() {
        String[] all = {"blkid", "sfdisk", "file", "qemu-img"};
        String[] notFile = {"blkid", "sfdisk", "qemu-img"}; // file 5.44 does not know it, or names it differently
        String[] notSfdisk = {"blkid", "file", "qemu-img"}; // which mistakes the boot sector for a table
        return Stream.of(
                volume(8, "mkfs.ext2 -q -L ferry2 -d tree disk", all),
                volume(8, "mkfs.ext3 -q -L ferry3 -d tree disk", all),
                volume(8, "mkfs.ext4 -q -L ferry4 -d tree disk", all),
                volume(8, "mkfs.ext4 -q -O ^has_journal -d tree disk", notFile),
                volume(8, "mkfs.ext4 -q -b 1024 -L 0123456789abcdef disk", all),
                volume(8, "mkfs.ext4 -q -L Köln disk", all),
                volume(8, "mkfs.ext4 -q -L my_root disk".replace('_', '\u00a0'), all),
                volume(8, "mke2fs -q -O journal_dev disk", notFile),
                volume(300, "mkfs.xfs -q -L ferry disk", all),
                volume(128, "mkfs.btrfs -q -L the-ferry -r tree disk", all),
                volume(4, "mkfs.vfat -F 12 -n FERRY12 disk", notSfdisk),
                volume(32, "mkfs.vfat -F 16 -n FERRY16 disk", notSfdisk),
                volume(64, "mkfs.vfat -F 32 -n FERRY32 disk", notSfdisk),
                volume(64, "mkfs.vfat -F 32 disk", notSfdisk),
                volume(64, "mkfs.vfat -S 4096 -n BIGSECTOR disk", notSfdisk),
                volume(16, "mkfs.exfat disk", "blkid", "qemu-img"),
                volume(16, "mkfs.ntfs -q -F -f disk", notSfdisk),
                volume(64, "mkfs.f2fs -q -l ferry-ß disk", all),
                volume(8, "mkswap -L swapferry disk", all),
                volume(8, "mkswap -p 65536 disk", notFile),
                packed("mksquashfs tree disk -quiet -noappend", all),
                volume(130, "mkfs.nilfs2 -q -L ferry disk", notFile),
                ufs("le", 1, all),
                ufs("be", 1, all),
                ufs("le", 2, notFile),
                ufs("be", 2, notFile),
                volume(
                        32,
                        "cryptsetup -q luksFormat --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000"
                                + " --label lockbox disk tree/etc/hostname",
                        all),
                volume(
                        32,
                        "cryptsetup -q luksFormat --type luks1 --pbkdf-force-iterations 1000 disk tree/etc/hostname",
                        "blkid",
                        "sfdisk",
                        "file"),
                packed("truncate -s 4M disk", all),
                packed("head -c 65536 /bin/sh >disk", notSfdisk));
    }

    static Stream<Sample> disks() {
        return Stream.of(
                table("MBR, nothing inside", 16, "label: dos\nsize=16384,type=83", ""),
                table("MBR, one ext4", 64, "label: dos\nstart=2048,size=16384,type=83,bootable\n", """
                        inside 1 mkfs.ext4 -q -L root"""),
                table(
                        "MBR from sector 63",
                        64,
                        "label: dos\nstart=63,size=16384,type=83\nstart=20000,size=16384,type=c\n",
                        """
                        inside 1 mkfs.ext3 -q -L old
                        inside 2 mkfs.vfat -n BOOT"""),
                table("MBR with logical partitions", 64, """
                        label: dos
                        size=16384,type=83
                        size=8192,type=82
                        size=65536,type=f
                        size=8192,type=c
                        size=4096,type=83
                        size=16384,type=83
                        size=8192,type=83""", """
                        inside 1 mkfs.ext4 -q -L root
                        inside 2 mkswap -L swap
                        inside 5 mkfs.vfat -n DATA
                        inside 7 mkfs.ext2 -q -L last"""),
                table("GPT, empty", 16, "label: gpt", ""),
                table("GPT, EFI and nothing inside", 64, "label: gpt\nsize=16384,type=U\nsize=16384,name=root", ""),
                table(
                        "GPT of four entries",
                        64,
                        "label: gpt\ntable-length: 4\nsize=16384,name=root\nsize=16384,type=U",
                        """
                        inside 1 mkfs.ext4 -q -L root
                        inside 2 mkfs.vfat -n EFI"""),
                damagedGpt(
                        "GPT whose first copy is gone",
                        "dd if=/dev/zero of=disk bs=512 seek=1 count=33 conv=notrunc status=none"),
                damagedGpt(
                        "GPT whose first header is damaged",
                        "printf X | dd of=disk bs=1 seek=572 conv=notrunc status=none"),
                damagedGpt(
                        "GPT whose first entries are damaged",
                        "printf X | dd of=disk bs=1 seek=1064 conv=notrunc status=none"),
                damagedGpt(
                        "GPT whose second copy is gone",
                        "dd if=/dev/zero of=disk bs=512 seek=131039 count=33 conv=notrunc status=none"),
                table("GPT with 20 partitions", 64, "label: gpt\n" + "size=4096\n".repeat(20), """
                        inside 1 mkswap -L first
                        inside 16 mkfs.ext4 -q -L sixteenth"""),
                table(
                        "GPT, one of each",
                        700,
                        "label: gpt\nsize=32M,type=U\nsize=32M\nsize=300M\nsize=128M\nsize=32M\nsize=32M\nsize=32M\nsize=32M\n",
                        """
                        inside 1 mkfs.vfat -n EFI
                        inside 2 mkfs.ext4 -q -L root
                        inside 3 mkfs.xfs -q -L data
                        inside 4 mkfs.btrfs -q -L home
                        inside 5 mkswap -L swap
                        inside 6 mkfs.ntfs -q -F -f
                        inside 7 mkfs.ext2 -q -L boot
                        inside 8 mkfs.ext3 -q -L log"""));
    }

    static Stream<Sample> foreign() {
        String[] all = {"blkid", "sfdisk", "file", "qemu-img"};
        String[] notFile = {"blkid", "sfdisk", "qemu-img"}; // which does not know descriptors and Parallels
        return Stream.of(
                virtual("qcow"),
                virtual("qcow2"),
                virtual("qcow2 -o compat=0.10"),
                virtual("vmdk"),
                virtual("vmdk -o subformat=streamOptimized"),
                made(
                        "qemu-img convert -f raw -O vmdk -o subformat=monolithicFlat raw disk",
                        "truncate -s 8M raw\n",
                        notFile),
                made(
                        "qemu-img convert -f raw -O vmdk -o subformat=twoGbMaxExtentSparse raw disk",
                        "truncate -s 8M raw\n",
                        notFile),
                made(
                        "qemu-img convert -f raw -O vmdk -o subformat=twoGbMaxExtentFlat raw disk",
                        "truncate -s 8M raw\n",
                        notFile),
                virtual("vpc -o subformat=dynamic"),
                virtual("vpc -o subformat=fixed"),
                virtual("vhdx"),
                virtual("vhdx -o subformat=fixed"),
                virtual("vdi"),
                virtual("vdi -o static=on"),
                virtual("qed"),
                made(
                        "qemu-img convert -f raw -O parallels raw disk",
                        "truncate -s 8M raw\nmkfs.ext4 -q raw\n",
                        notFile),
                packed("genisoimage -quiet -V FERRY -o disk tree", all),
                packed("genisoimage -quiet -J -R -V FERRY -o disk tree", all),
                packed("xorriso -as mkisofs -quiet -partition_offset 16 -V FERRY -o disk tree", all),
                packed("tar -cf disk tree", all),
                packed("tar --format=v7 -cf disk tree", all),
                packed("tar --format=pax -cf disk tree", all),
                packed("cpio --quiet -o -H newc <list >disk", all),
                packed("cpio --quiet -o -H crc <list >disk", all),
                packed("cpio --quiet -o -H odc <list >disk", all),
                packed("cpio --quiet -o -H bin <list >disk", all),
                packed("zip -q -r - tree >disk", all),
                packed("gzip -c tree/etc/hostname >disk", all),
                packed("bzip2 -c tree/etc/hostname >disk", all),
                packed("xz -c tree/etc/hostname >disk", all),
                packed("zstd -q -c tree/etc/hostname >disk", all),
                packed("lz4 -q -c tree/etc/hostname >disk", all),
                made("partclone.ext4 -q -c -s raw -o disk -L log", "truncate -s 8M raw\nmkfs.ext4 -q raw\n", notFile),
                made("ntfsclone -f -q -s -o disk raw", "truncate -s 16M raw\nmkfs.ntfs -q -F -f raw\n", all),
                packed("wimcapture tree disk", all),
                packed("wimcapture --pipable tree disk", all),
                packed("cp /bin/sh disk", all),
                packed("cp tree/etc/hostname disk", all));
    }

    @ParameterizedTest
    @MethodSource({"volumes", "disks", "foreign"})
    void agrees_with_the_tools(Sample sample) throws IOException {
        RealTools.require(sample.tools().toArray(String[]::new));
        RealTools.require(sample.judges().toArray(String[]::new));
        files.write("list", "tree\ntree/etc\ntree/etc/hostname\n".getBytes(StandardCharsets.US_ASCII));
        files.run("sh", "-ec", sample.script());

        compare(sample);
    }

    /** Superblocks that no available tool creates. */
    static Stream<Arguments> crafted() {
        Stream<Arguments> volumes = IntStream.range(0, 4)
                .mapToObj(sector -> Arguments.of(
                        "LVM2 label in sector " + sector,
                        new CraftedDisk(1 << 21).lvm(sector, "0123456789abcdefghijklmnopqrstuv")));
        long[] magics = {0x19540119L, 0x00011954L, 0x00195612L, 0x00095014L, 0x00612195L, 0x05231994L};
        Stream<Arguments> ufs = Arrays.stream(magics)
                .boxed()
                .flatMap(magic -> Stream.of(0, 8192, 65536, 262_144)
                        .flatMap(at -> Stream.of(true, false)
                                .map(bigEndian -> Arguments.of(
                                        "UFS %08x at %d, %s".formatted(magic, at, bigEndian ? "big" : "little"),
                                        new CraftedDisk(1 << 19).ufs(at, magic, bigEndian)))));
        return Stream.concat(volumes, ufs);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void crafted(String name, CraftedDisk disk) throws IOException {
        RealTools.require("blkid", "sfdisk");
        files.write("disk", disk.bytes());

        compare(new Sample(name, List.of(), "", List.of("blkid", "sfdisk")));
    }

    private void compare(Sample sample) throws IOException {
        DiskProbe.Findings findings = probe(files.at("disk"));
        List<Said> said = new ArrayList<>();
        for (String judge : sample.judges()) {
            said.addAll(
                    switch (judge) {
                        case "blkid" -> blkid(sample, findings);
                        case "sfdisk" -> sfdisk(sample, findings.contents());
                        case "file" -> List.of(file(sample, findings));
                        case "qemu-img" -> List.of(qemu(sample, findings));
                        default -> throw new IllegalArgumentException(judge);
                    });
        }
        TABLE.addAll(said);

        assertThat(said)
                .allSatisfy(each -> assertThat(each.ourWord()).as("%s", each).isEqualTo(each.itsWord()));
    }

    @AfterAll
    static void print() {
        String format = "%-92s  %-10s  %-72s  %s%n";
        System.out.printf(format, "file", "judge", "the judge's word", "our word");
        TABLE.forEach(said -> System.out.printf(
                format,
                said.file(),
                said.judge(),
                said.itsWord(),
                said.itsWord().equals(said.ourWord()) ? "the same" : said.ourWord()));
    }

    private static DiskProbe.Findings probe(Path disk) throws IOException {
        DiskProbe probe = new DiskProbe();
        byte[] chunk = new byte[128 * 1024];
        try (InputStream in = Files.newInputStream(disk)) {
            for (int count = in.read(chunk); count >= 0; count = in.read(chunk)) {
                probe.accept(chunk, count);
            }
        }
        return probe.finish();
    }

    /** For the whole file, and for each partition that is large enough for a file system. */
    private List<Said> blkid(Sample sample, DiskProbe.Findings findings) throws IOException {
        List<Said> said = new ArrayList<>();
        DiskContents contents = findings.contents();
        boolean iso = isIso(findings);
        String ours = volume(iso ? "iso9660" : contents.filesystem(), contents.volumeLabel(), contents.uuid())
                + kind(contents);
        said.add(new Said(sample.name(), "blkid", blkid(), ours.isEmpty() ? NOTHING : ours.strip()));
        for (DiskContents.Partition partition : contents.partitions()) {
            if (partition.bytes() > MEBIBYTE
                    && !EXTENDED.contains(partition.type())
                    && contents.partitions().indexOf(partition) < LOOKED_INTO) {
                String word = volume(partition.filesystem(), partition.volumeLabel(), partition.uuid());
                said.add(new Said(
                        sample.name() + ", partition " + partition.number(),
                        "blkid",
                        blkid("-O", "" + partition.startBytes(), "-S", "" + partition.bytes()),
                        word.isEmpty() ? NOTHING : word));
            }
        }
        return said;
    }

    private static boolean isIso(DiskProbe.Findings findings) {
        return findings.foreign().filter(ForeignFormat.ISO_9660::equals).isPresent()
                || findings.contents().warnings().stream().anyMatch(warning -> warning.startsWith("hybrid ISO"));
    }

    private static String kind(DiskContents contents) {
        return switch (contents.partitionTable()) {
            case "MBR" -> " dos";
            case "GPT" -> " gpt";
            default -> "";
        };
    }

    private static String volume(@Nullable String type, @Nullable String label, @Nullable String uuid) {
        return type == null ? "" : type + (label == null ? "" : " '" + label + "'") + (uuid == null ? "" : " " + uuid);
    }

    /** Low-level probing without cache and kernel. Status 2 means that nothing was found. */
    private String blkid(String... options) throws IOException {
        String command = "blkid -p -o udev " + String.join(" ", options) + " disk || [ $? -eq 2 ]";
        Map<String, String> values = files.run("sh", "-ec", command)
                .lines()
                .map(line -> line.split("=", 2))
                .collect(Collectors.toMap(pair -> pair[0], pair -> pair[1]));
        String type = values.get("ID_FS_TYPE");
        String label = values.get("ID_FS_LABEL_ENC");
        boolean iso = "iso9660".equals(type); // whose label and date are not compared
        String word = volume(
                type,
                label == null || iso ? null : label.replace("\\x20", " ").strip(),
                iso ? null : values.get("ID_FS_UUID"));
        // 2.38 also mistakes the boot sector of exFAT for a table.
        String table = "exfat".equals(type) ? null : values.get("ID_PART_TABLE_TYPE");
        String all = table == null ? word : word + " " + table;
        return all.isEmpty() ? NOTHING : all.strip();
    }

    private List<Said> sfdisk(Sample sample, DiskContents contents) throws IOException {
        String printed =
                files.run("sh", "-ec", "sfdisk --json disk 2>errors || grep -q 'Invalid arg\\|recognized' errors");
        List<String> theirs = new ArrayList<>();
        if (printed.isBlank()) {
            theirs.add("none");
        } else {
            JsonNode table = JSON.readTree(printed).get("partitiontable");
            long sector = table.path("sectorsize").asLong(512);
            theirs.add(table.get("label").textValue());
            for (JsonNode partition : table.path("partitions")) {
                String type = partition.get("type").textValue().toLowerCase(Locale.ROOT);
                theirs.add("%s at %d, %d bytes, %s"
                        .formatted(
                                partition.get("node").textValue().replace("disk", ""),
                                partition.get("start").longValue() * sector,
                                partition.get("size").longValue() * sector,
                                type.length() == 1 ? "0" + type : type));
            }
        }
        List<String> ours = new ArrayList<>();
        ours.add(kind(contents).isEmpty() ? "none" : kind(contents).strip());
        for (DiskContents.Partition partition : contents.partitions()) {
            ours.add("%d at %d, %d bytes, %s"
                    .formatted(partition.number(), partition.startBytes(), partition.bytes(), partition.type()));
        }
        List<Said> said = new ArrayList<>();
        for (int i = 0; i < Math.max(theirs.size(), ours.size()); i++) {
            said.add(new Said(
                    sample.name(),
                    "sfdisk",
                    i < theirs.size() ? theirs.get(i) : NOTHING,
                    i < ours.size() ? ours.get(i) : NOTHING));
        }
        return said;
    }

    /** It reports one format per file; for a fixed VHD that is the content. */
    private Said file(Sample sample, DiskProbe.Findings findings) throws IOException {
        String printed = files.run("file", "-b", "disk").strip();
        String word = FILE_WORDS.entrySet().stream()
                .map(entry -> Map.entry(entry.getKey().matcher(printed), entry.getValue()))
                .filter(entry -> entry.getKey().find())
                .map(entry -> entry.getValue().equals("$1") ? group(entry.getKey()) : entry.getValue())
                .findFirst()
                .orElse(printed);
        DiskContents contents = findings.contents();
        List<String> ours = new ArrayList<>();
        if (!contents.partitionTable().equals("none")) {
            ours.add(contents.partitionTable());
        }
        if (contents.filesystem() != null) {
            ours.add(contents.filesystem());
        }
        findings.foreign().map(DiskOracleTest::shown).ifPresent(ours::add);
        if (isIso(findings)) {
            ours.add("ISO 9660");
        }
        if (ours.isEmpty()) {
            ours.add(NOTHING);
        }
        return new Said(sample.name(), "file", word, ours.contains(word) ? word : String.join(", ", ours));
    }

    private static String group(Matcher matcher) {
        return matcher.group(1).toLowerCase(Locale.ROOT);
    }

    private static String shown(ForeignFormat format) {
        return format.message().replaceFirst("^gzip → ([^:]+):.*", "$1");
    }

    /** It probes only the first bytes, so it reports a VHD of fixed size as raw unless it is told the format. */
    private Said qemu(Sample sample, DiskProbe.Findings findings) throws IOException {
        String format = JSON.readTree(files.run("qemu-img", "info", "--output=json", "disk"))
                .get("format")
                .textValue();
        if (format.equals("raw")) {
            String printed = files.run("sh", "-ec", "qemu-img info -f vpc --output=json disk 2>errors || [ $? -eq 1 ]");
            format = printed.isBlank()
                    ? format
                    : JSON.readTree(printed).get("format").textValue();
        }
        String word = QEMU_WORDS.getOrDefault(format, format);
        String ours = findings.foreign()
                .map(DiskOracleTest::shown)
                .filter(shown -> isVirtual(findings.foreign().orElseThrow()))
                .orElse("raw");
        return new Said(sample.name(), "qemu-img", word, ours.equalsIgnoreCase(word) ? word : ours);
    }

    private static boolean isVirtual(ForeignFormat format) {
        return switch (format) {
            case QCOW, QCOW2, QED, VMDK, VHD, VHDX, VDI, PARALLELS, DMG -> true;
            case ANDROID_SPARSE,
                    ISO_9660,
                    TAR,
                    CPIO,
                    GZIP,
                    XZ,
                    ZSTD,
                    LZ4,
                    BZIP2,
                    ZIP,
                    SEVEN_ZIP,
                    PARTCLONE,
                    NTFSCLONE,
                    WIM,
                    ELF,
                    TEXT -> false;
        };
    }
}
