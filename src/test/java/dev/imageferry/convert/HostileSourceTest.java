package dev.imageferry.convert;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.RealTools;
import dev.imageferry.image.ImageLimits;
import dev.imageferry.job.ErrorCode;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that try to fill the disk, or to make the daemon read other files. */
class HostileSourceTest {
    private static final ImageLimits SMALL = new ImageLimits(5_368_709_120L, 64 << 20);
    private static final String SECRET = "root:x:0:0:secret of another file";

    @TempDir
    static Path folder;

    private static ImageFiles files;

    @BeforeAll
    static void prepare() throws Exception {
        RealTools.require("qemu-img", "xz", "zstd", "bzip2");
        files = new ImageFiles(folder);
        Files.writeString(files.at("secret"), SECRET.repeat(100_000));
        files.run("truncate -s 4M secret && truncate -s 24M disk.img");
    }

    @BeforeEach
    void remove_results() throws IOException {
        assertThat(files.targets()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', textBlock = """
            bomb.img     ~ truncate -s 65M bomb.img                                        ~ a disk of 68,157,440 bytes
            bomb.img.gz  ~ head -c 65M /dev/zero | gzip > bomb.img.gz                      ~ more than 67,108,864 bytes
            bomb.img.bz2 ~ head -c 65M /dev/zero | bzip2 > bomb.img.bz2                    ~ more than 67,108,864 bytes
            bomb.img.zst ~ head -c 65M /dev/zero | zstd -q > bomb.img.zst                  ~ more than 67,108,864 bytes
            told.img.zst ~ truncate -s 65M b && zstd -q -c b > told.img.zst                ~ a disk of 68,157,440 bytes
            told.img.xz  ~ head -c 65M /dev/zero | xz -1 > told.img.xz                     ~ a disk of 68,157,440 bytes
            many.img.xz  ~ head -c 33M /dev/zero | xz -1 > one; cat one one > many.img.xz  ~ a disk of 69,206,016 bytes
            big.qcow2    ~ qemu-img create -f qcow2 big.qcow2 16T                          ~ a disk of 17,592,186,044,416 bytes
            big.vmdk     ~ qemu-img create -f vmdk big.vmdk 1T                             ~ a disk of 1,099,511,627,776 bytes
            big.vhd      ~ qemu-img create -f vpc -o force_size=on big.vhd 1T              ~ a disk of 1,099,511,627,776 bytes
            big.vhdx     ~ qemu-img create -f vhdx big.vhdx 16T                            ~ a disk of 17,592,186,044,416 bytes
            big.vdi      ~ qemu-img create -f vdi big.vdi 1T                               ~ a disk of 1,099,511,627,776 bytes
            fixed.vhd    ~ qemu-img create -f vpc -o subformat=fixed,force_size=on fixed.vhd 65M ~ a disk of 68,157,440 bytes
            long.img.xz  ~ qemu-img create -f qcow2 q 4M; truncate -s 65M q; xz -1 -c q > long.img.xz ~ a disk of 68,157,440 bytes
            long.img.bz2 ~ qemu-img create -f qcow2 q 4M; truncate -s 65M q; bzip2 -c q > long.img.bz2 ~ more than 67,108,864 bytes
            """)
    void a_disk_over_the_limit_is_refused(String name, String command, String message) throws Exception {
        files.run(command);

        Conversion.Unfit unfit = files.unfit(name, SMALL);

        assertThat(unfit.problem().code()).isEqualTo(ErrorCode.TOO_LARGE_UNCOMPRESSED);
        assertThat(unfit.problem().message()).contains(message, "imageferry.limits.uncompressed", "resize2fs");
        assertThat(unfit.mayBeUnfinished()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"told.img.xz", "told.img.zst", "big.qcow2", "big.vmdk", "big.vhd", "big.vhdx", "big.vdi"})
    void an_announced_size_is_judged_before_anything_is_reserved_read_or_run(String name) throws Exception {
        ImageFiles.CountedSpace space = new ImageFiles.CountedSpace();
        QemuImg none = new QemuImg(Optional.empty(), Duration.ofMinutes(1));
        a_disk_over_the_limit_was_made(name);

        Conversion found = new Converter(SMALL, 1, none)
                .convert(files.at(name), files.target(), space, (done, total) -> {
                    throw new AssertionError("read " + done);
                });

        assertThat(found)
                .isInstanceOfSatisfying(
                        Conversion.Unfit.class,
                        unfit -> assertThat(unfit.problem().code()).isEqualTo(ErrorCode.TOO_LARGE_UNCOMPRESSED));
        assertThat(space.required).hasValue(0);
    }

    private static void a_disk_over_the_limit_was_made(String name) throws Exception {
        files.run(
                switch (name) {
                    case "told.img.xz" -> "head -c 65M /dev/zero | xz -1 > told.img.xz";
                    case "told.img.zst" -> "truncate -s 65M b && zstd -q -f -c b > told.img.zst";
                    default ->
                        "qemu-img create -f %s %s 1T"
                                .formatted(
                                        name.replace("big.", "")
                                                .replace("vhd", "vpc")
                                                .replace("vpcx", "vhdx"),
                                        name);
                });
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', textBlock = """
            backing.qcow2     ~ qemu-img create -f qcow2 -b $PWD/secret -F raw backing.qcow2 4M                       ~ a backing file
            unsafe.qcow2      ~ qemu-img create -f qcow2 unsafe.qcow2 4M; qemu-img rebase -u -b json:{} -F raw unsafe.qcow2 ~ a backing file
            data.qcow2        ~ qemu-img create -f qcow2 -o data_file=$PWD/data,data_file_raw=on data.qcow2 4M        ~ an external data file
            flat.vmdk         ~ qemu-img create -f vmdk -o subformat=monolithicFlat flat.vmdk 4M                      ~ one of several parts
            split.vmdk        ~ qemu-img create -f vmdk -o subformat=twoGbMaxExtentSparse split.vmdk 4M               ~ one of several parts
            split-s001.vmdk   ~ qemu-img create -f vmdk -o subformat=twoGbMaxExtentSparse split.vmdk 4M               ~ other files
            child.vmdk        ~ qemu-img create -f vmdk p.vmdk 4M; qemu-img create -f vmdk -b $PWD/p.vmdk -F vmdk child.vmdk ~ a parent disk
            """)
    void a_disk_that_names_another_file_is_refused(String name, String command, String message) throws Exception {
        files.run(command);

        Conversion.Unfit unfit = files.unfit(name, ImageFiles.LIMITS);

        assertThat(unfit.problem().code()).isEqualTo(ErrorCode.CONVERSION_FAILED);
        assertThat(unfit.problem().message()).contains(message, "no other file is read");
    }

    /** Even if a header gets past the checks: what a program writes is only what the file has. */
    @Test
    void qemu_img_does_not_follow_a_backing_file() throws Exception {
        // given
        files.run("qemu-img create -f qcow2 -b $PWD/secret -F raw backing.qcow2 4M && truncate -s 4M raw");

        // when
        try (SourceFile source = SourceFile.open(files.at("backing.qcow2"), bytes -> {})) {
            new QemuImg().convert(source, DiskFormat.QCOW2, files.at("raw"), 4 << 20, () -> false, percent -> {});
        }

        // then
        files.run("cmp raw <(head -c 4M /dev/zero)");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', textBlock = """
            SPARSE "x.vmdk"             ~ FLAT "/etc/passwd" 0
            SPARSE "x.vmdk"             ~ SPARSE "../secret"
            SPARSE "x.vmdk"             ~ SPARSE "x.vmdk"\\nRW 1 FLAT "secret" 0
            SPARSE "x.vmdk"             ~ VMFS "secret"
            createType="monolithicSparse" ~ createType="monolithicFlat"
            parentCID=ffffffff          ~ parentCID=12345678
            # The Disk Data Base         ~ parentFileNameHint="/etc/passwd"
            """)
    void a_descriptor_in_a_vmdk_names_no_other_file(String here, String other) throws Exception {
        // given
        files.run("qemu-img create -f vmdk x.vmdk 4M");
        replaceInDescriptor(files.at("x.vmdk"), here, other.replace("\\n", "\n"));

        // when
        Conversion.Unfit unfit = files.unfit("x.vmdk", ImageFiles.LIMITS);

        // then
        assertThat(unfit.problem().code()).isEqualTo(ErrorCode.CONVERSION_FAILED);
        assertThat(unfit.problem().message()).contains("no other file is read");
    }

    /** QEMU reads this place, whatever the header says. */
    @Test
    void a_parent_after_the_header_of_a_vmdk_is_refused_if_the_descriptor_is_elsewhere() throws Exception {
        files.run("qemu-img create -f vmdk moved.vmdk 4M");
        long sector = Math.ceilDiv(Files.size(files.at("moved.vmdk")), 512);
        files.run("dd if=moved.vmdk of=descriptor bs=512 skip=1 count=20 status=none"
                + " && dd if=descriptor of=moved.vmdk bs=512 seek=%d conv=notrunc status=none".formatted(sector));
        put(
                "moved.vmdk",
                0x1c,
                ByteBuffer.allocate(Long.BYTES)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(sector)
                        .array());
        put("moved.vmdk", 512, "parentFileNameHint=\"secret\"".getBytes(StandardCharsets.US_ASCII));

        Conversion.Unfit unfit = files.unfit("moved.vmdk", ImageFiles.LIMITS);

        assertThat(unfit.problem().message()).contains("a parent disk");
    }

    private static void replaceInDescriptor(Path vmdk, String here, String other) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(vmdk.toFile(), "rw")) {
            byte[] bytes = new byte[20 * 512];
            file.seek(512);
            file.readFully(bytes);
            String text = new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1);
            assertThat(text).contains(here);
            byte[] changed = text.replace(here, other).getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
            file.seek(512);
            file.write(java.util.Arrays.copyOf(changed, bytes.length));
        }
    }

    @Test
    void a_vmdk_without_capacity_is_a_part() throws Exception {
        // given: QEMU then opens the files that the descriptor names
        files.run("qemu-img create -f vmdk empty.vmdk 4M");
        put("empty.vmdk", 0x0c, new byte[8]);

        // when
        Conversion.Unfit unfit = files.unfit("empty.vmdk", ImageFiles.LIMITS);

        // then
        assertThat(unfit.problem().message()).contains("one of several parts");
    }

    /** No tool here makes a child of these, so a header is changed. */
    @ParameterizedTest
    @CsvSource({"vdi, 76, 04", "vdi, 440, 01", "vdi, 424, 01"})
    void a_vdi_with_a_parent_is_refused(String format, int offset, String hex) throws Exception {
        files.run("qemu-img create -f vdi child.vdi 4M");
        put("child.vdi", offset, HexFormat.of().parseHex(hex));

        Conversion.Unfit unfit = files.unfit("child.vdi", ImageFiles.LIMITS);

        assertThat(unfit.problem().message()).contains("a parent disk", "no other file is read");
    }

    @Test
    void a_differencing_vhd_is_refused() throws Exception {
        // given
        files.run("qemu-img create -f vpc child.vhd 4M");
        put("child.vhd", Files.size(files.at("child.vhd")) - 512 + 60, new byte[] {0, 0, 0, 4});

        // when
        Conversion.Unfit unfit = files.unfit("child.vhd", ImageFiles.LIMITS);

        // then
        assertThat(unfit.problem().message()).contains("a parent disk (type 4)");
    }

    @Test
    void a_vhd_with_a_parent_locator_is_refused() throws Exception {
        // given
        files.run("qemu-img create -f vpc child.vhd 4M");
        put("child.vhd", 512 + 576, new byte[] {'W', '2', 'k', 'u'});

        // when
        Conversion.Unfit unfit = files.unfit("child.vhd", ImageFiles.LIMITS);

        // then
        assertThat(unfit.problem().message()).contains("a parent disk");
    }

    @Test
    void a_differencing_vhdx_is_refused() throws Exception {
        // given: the flag HasParent of the file parameters, the first item of the metadata
        files.run("qemu-img create -f vhdx child.vhdx 4M");
        long flags = fileParameters(files.at("child.vhdx")) + 4;
        put("child.vhdx", flags, new byte[] {2});

        // when
        Conversion.Unfit unfit = files.unfit("child.vhdx", ImageFiles.LIMITS);

        // then
        assertThat(unfit.problem().message()).contains("a parent disk");
    }

    @Test
    void a_vhdx_with_a_parent_locator_is_refused() throws Exception {
        // given: another item of the metadata becomes the locator
        files.run("qemu-img create -f vhdx located.vhdx 4M");
        byte[] locator = HexFormat.of().parseHex("2d5fd3a80bb34d45abf7d3d84834ab0c");
        put("located.vhdx", offsetOf("metadata", files.at("located.vhdx")) + 32 + 2 * 32, locator);

        // when
        Conversion.Unfit unfit = files.unfit("located.vhdx", ImageFiles.LIMITS);

        // then
        assertThat(unfit.problem().message()).contains("a parent disk");
    }

    private static int offsetOf(String text, Path file) throws IOException {
        int found = Files.readString(file, StandardCharsets.ISO_8859_1).indexOf(text);
        assertThat(found).isPositive();
        return found;
    }

    private static long fileParameters(Path vhdx) throws IOException {
        ByteBuffer all = ByteBuffer.wrap(Files.readAllBytes(vhdx)).order(ByteOrder.LITTLE_ENDIAN);
        String text = new String(all.array(), java.nio.charset.StandardCharsets.ISO_8859_1);
        int metadata = text.indexOf("metadata");
        int entry = metadata + 32;
        assertThat(HexFormat.of().formatHex(all.array(), entry, entry + 4)).isEqualTo("3767a1ca");
        return metadata + Integer.toUnsignedLong(all.getInt(entry + 16));
    }

    @Test
    void an_encrypted_qcow2_is_refused() throws Exception {
        files.run("qemu-img create -f qcow2 plain.qcow2 4M");
        put("plain.qcow2", 32, new byte[] {0, 0, 0, 2});

        Conversion.Unfit unfit = files.unfit("plain.qcow2", ImageFiles.LIMITS);

        assertThat(unfit.problem().message()).contains("encrypted");
    }

    @ParameterizedTest
    @CsvSource({
        "twice.img.xz, gzip -c disk.img | xz > twice.img.xz, compressed twice (xz → gzip): decompress it once with xz -d",
        "parallels.img, qemu-img create -f parallels parallels.img 4M, Parallels disk: convert it with qemu-img",
        "qed.img.gz, qemu-img create -f qed q 4M; gzip -c q > qed.img.gz, gzip → QED: convert it with qemu-img"
    })
    void other_formats_are_named(String name, String command, String message) throws Exception {
        files.run(command);

        Conversion.Unfit unfit = files.unfit(name, ImageFiles.LIMITS);

        assertThat(unfit.problem().code()).isEqualTo(ErrorCode.NOT_RAW_IMAGE);
        assertThat(unfit.problem().message()).contains(message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', textBlock = """
            memory.img.xz  ~ xz --lzma2=preset=0,dict=192MiB -c disk.img > memory.img.xz
            memory.img.zst ~ zstd -q -1 --long=31 < disk.img > memory.img.zst
            """)
    void a_file_that_needs_too_much_memory_is_refused(String name, String command) throws Exception {
        files.run(command);

        Conversion.Unfit unfit = files.unfit(name, ImageFiles.LIMITS);

        assertThat(unfit.problem().code()).isEqualTo(ErrorCode.CONVERSION_FAILED);
        assertThat(unfit.problem().message()).contains("of memory, which is the limit");
    }

    @Test
    void without_qemu_img_the_message_names_the_package() throws Exception {
        files.run("qemu-img create -f qcow2 plain.qcow2 4M");
        Converter converter = new Converter(ImageFiles.LIMITS, 1, new QemuImg(Optional.empty(), Duration.ofMinutes(1)));

        Conversion found = converter.convert(
                files.at("plain.qcow2"), files.target(), new ImageFiles.CountedSpace(), (done, total) -> {});

        assertThat(found)
                .isInstanceOfSatisfying(
                        Conversion.Unfit.class,
                        unfit -> assertThat(unfit.problem().message())
                                .contains("qemu-img", "not installed", "apt-get install qemu-utils"));
        assertThat(files.targets()).isEmpty();
    }

    private static void put(String name, long offset, byte[] bytes) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(files.at(name).toFile(), "rw")) {
            file.seek(offset);
            file.write(bytes);
        }
    }
}
