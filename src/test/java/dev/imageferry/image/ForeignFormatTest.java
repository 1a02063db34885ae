package dev.imageferry.image;

import static dev.imageferry.image.DiskFiles.fit;
import static dev.imageferry.image.DiskFiles.unfit;
import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.RealTools;
import dev.imageferry.job.DiskContents;
import dev.imageferry.job.ErrorCode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ForeignFormatTest {
    private static final long MEBIBYTE = 1 << 20;

    @TempDir
    Path folder;

    private DiskFiles files;

    @BeforeEach
    void useFolder() {
        files = new DiskFiles(folder);
    }

    private static void assertForeign(Path gzip, String format) {
        Inspection.Unfit unfit = unfit(gzip);

        assertThat(unfit.problem().code()).isEqualTo(ErrorCode.NOT_RAW_IMAGE);
        assertThat(unfit.problem().message()).startsWith(gzip.getFileName() + ": gzip → " + format + ": ");
        assertThat(unfit.sha256OrNull()).isNotNull();
        assertThat(unfit.uncompressedBytes()).isPositive();
    }

    @ParameterizedTest
    @CsvSource({
        "qcow2, , qcow2",
        "qcow, , qcow",
        "qcow2, compat=0.10, qcow2",
        "vmdk, , VMDK",
        "vmdk, subformat=streamOptimized, VMDK",
        "vpc, subformat=dynamic, VHD",
        "vpc, subformat=fixed, VHD",
        "vhdx, , VHDX",
        "vdi, , VDI",
        "vdi, static=on, VDI",
        "qed, , QED",
        "parallels, , Parallels disk"
    })
    void rejects_the_disk_of_a_virtual_machine(String format, String option, String shown) throws IOException {
        RealTools.require("qemu-img", "mkfs.ext4");
        files.sparse("raw", 8 * MEBIBYTE);
        files.run("mkfs.ext4", "-q", "raw");

        if (option == null) {
            files.run("qemu-img", "convert", "-f", "raw", "-O", format, "raw", "disk");
        } else {
            files.run("qemu-img", "convert", "-f", "raw", "-O", format, "-o", option, "raw", "disk");
        }

        assertForeign(files.gzip(files.at("disk")), shown);
    }

    @Test
    void rejects_the_descriptor_of_a_split_vmdk() throws IOException {
        files.sparse("raw", 8 * MEBIBYTE);
        files.run("qemu-img", "convert", "-O", "vmdk", "-o", "subformat=monolithicFlat", "raw", "disk");

        assertForeign(files.gzip(files.at("disk")), "VMDK");
    }

    @ParameterizedTest
    @CsvSource({
        "tar -cf disk tree, tar",
        "tar --format=v7 -cf disk tree, tar",
        "lz4 -q tree/etc/hostname disk, lz4",
        "gzip -k tree/etc/hostname, gzip",
        "xz -k tree/etc/hostname, xz",
        "zstd -q tree/etc/hostname, zstd",
        "bzip2 -k tree/etc/hostname, bzip2",
        "zip -q disk.zip tree/etc/hostname, zip"
    })
    void rejects_an_archive(String command, String shown) throws IOException {
        files.tree();
        files.run(command.split(" ", -1));

        assertForeign(files.gzip(newest()), shown);
    }

    @ParameterizedTest
    @ValueSource(strings = {"bin", "odc", "newc", "crc"})
    void rejects_an_initial_ramdisk(String format) throws IOException {
        RealTools.require("cpio");
        files.tree();
        files.run("sh", "-ec", "find tree | cpio --quiet -o -H " + format + " >disk");

        assertForeign(files.gzip(files.at("disk")), "cpio");
    }

    @ParameterizedTest
    @CsvSource({"512", "511"})
    void rejects_a_fixed_vhd_with_either_footer(int footerBytes) throws IOException {
        byte[] disk = new byte[4096 + footerBytes];
        System.arraycopy("conectix".getBytes(StandardCharsets.US_ASCII), 0, disk, 4096, 8);

        assertForeign(files.gzip(files.write("disk", disk)), "VHD");
    }

    @Test
    void rejects_output_of_pzstd() throws IOException {
        byte[] skipped = {0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4, 0x28, (byte) 0xb5, 0x2f, (byte) 0xfd};

        assertForeign(files.gzip(files.write("disk", skipped)), "zstd");
    }

    @Test
    void accepts_noise_that_begins_like_a_cpio_archive() throws IOException {
        byte[] noise = new byte[4096];
        new Random(1).nextBytes(noise);
        noise[0] = (byte) 0xc7;
        noise[1] = 0x71;

        assertThat(fit(files.gzip(files.write("disk", noise))).contents().warnings())
                .singleElement()
                .asString()
                .startsWith("unknown content");
    }

    private Path newest() {
        for (String name : new String[] {
            "disk",
            "disk.zip",
            "tree/etc/hostname.gz",
            "tree/etc/hostname.xz",
            "tree/etc/hostname.zst",
            "tree/etc/hostname.bz2"
        }) {
            if (Files.exists(files.at(name))) {
                return files.at(name);
            }
        }
        throw new AssertionError("the tool has written nothing");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "mkfs.ext4 -q raw | partclone.ext4 -q -c -s raw -o disk -L log | partclone image"
                        + " | partclone.restore -W -s FILE -o disk.img",
                "mkfs.ntfs -q -F -f raw | ntfsclone -q -f -s -o disk raw | ntfsclone image | ntfsclone -r -O disk.img FILE"
            })
    void names_the_command_that_restores_a_cloned_file_system(String make, String copy, String shown, String restore)
            throws IOException {
        RealTools.require(restore.split(" ", -1)[0]);
        Path raw = files.sparse("raw", 16 * MEBIBYTE);
        files.run(make.split(" ", -1));
        files.run(copy.split(" ", -1));
        Path gzip = files.gzip(files.at("disk"));
        assertForeign(gzip, shown);
        assertThat(unfit(gzip).problem().message()).contains(restore + ", then gzip disk.img");

        files.run(
                "sh",
                "-ec",
                restore.replace("FILE", "disk -L log")
                        .replace("ntfsclone -r -O disk.img disk -L log", "ntfsclone -r -O disk.img disk"));

        assertThat(files.at("disk.img")).hasSameBinaryContentAs(raw);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "--pipable "})
    void rejects_a_windows_image(String option) throws IOException {
        RealTools.require("wimcapture");
        files.tree();
        files.run("sh", "-ec", "wimcapture " + option + "tree disk 2>&1");

        assertForeign(files.gzip(files.at("disk")), "WIM");
    }

    /** A renamed file that is not gzip. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "xz -c tree/etc/hostname >x.img.gz | it is xz: unpack it with xz -d, then gzip",
                "zstd -q -c tree/etc/hostname >x.img.gz | it is zstd: unpack it with zstd -d, then gzip",
                "truncate -s 8M raw; qemu-img convert -f raw -O qcow2 raw x.img.gz"
                        + " | it is qcow2: convert it with qemu-img convert -O raw, then gzip",
                "genisoimage -quiet -o x.img.gz tree | it is ISO 9660: install from it into a raw disk image",
                "echo '<html>Not found</html>' >x.img.gz | it is text: not a disk image (the error page of a download?)",
                "truncate -s 8M x.img.gz; mkfs.ext4 -q x.img.gz | compress the raw image with gzip, or copy it again",
                "truncate -s 8M x.img.gz | compress the raw image with gzip, or copy it again"
            })
    void names_the_format_of_a_file_that_is_not_gzip(String make, String advice) throws IOException {
        RealTools.require(make.contains(";") ? "qemu-img" : make.split(" ", 2)[0]);
        files.tree();
        files.run("sh", "-ec", make);

        Inspection.Unfit unfit = unfit(files.at("x.img.gz"));

        assertThat(unfit.problem().code()).isEqualTo(ErrorCode.NOT_GZIP);
        assertThat(unfit.problem().message())
                .startsWith("x.img.gz: not a gzip file, because it does not begin with the bytes 1f 8b: " + advice);
    }

    @Test
    void rejects_a_program() throws IOException {
        Path program = Path.of(System.getProperty("java.home"), "bin", "java");

        assertForeign(files.gzip(Files.copy(program, files.at("java"))), "ELF");
    }

    @Test
    void rejects_an_android_sparse_image() throws IOException {
        byte[] sparse = new byte[4096];
        byte[] magic = {0x3a, (byte) 0xff, 0x26, (byte) 0xed, 1, 0, 0, 0, 28, 0, 12, 0};
        System.arraycopy(magic, 0, sparse, 0, magic.length);

        assertForeign(files.gzip(files.write("disk", sparse)), "Android sparse image");
    }

    @ParameterizedTest
    @ValueSource(strings = {"<html>404</html>\n", "Not found\n", "Größe: 12 €\n", "a\r\n\tb\r\n"})
    void rejects_text(String text) throws IOException {
        assertForeign(files.gzip(files.write("disk", text.getBytes(StandardCharsets.UTF_8))), "text");
    }

    @Test
    void rejects_text_with_an_incomplete_last_character() throws IOException {
        String text = "x\n" + "€".repeat(3000);

        assertForeign(files.gzip(files.write("disk", text.getBytes(StandardCharsets.UTF_8))), "text");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\nb\0", "a\nb\u0001", "no line"})
    void accepts_content_that_is_almost_text(String content) throws IOException {
        assertThat(fit(files.gzip(files.write("disk", content.getBytes(StandardCharsets.UTF_8))))
                        .contents()
                        .warnings())
                .anyMatch(warning -> warning.startsWith("unknown content"));
    }

    @Test
    void rejects_an_installer_medium() throws IOException {
        files.tree();
        files.run("genisoimage", "-quiet", "-o", "disk", "tree");

        assertForeign(files.gzip(files.at("disk")), "ISO 9660");
    }

    @Test
    void accepts_an_installer_medium_with_a_partition_table() throws IOException {
        files.tree();
        files.run("genisoimage", "-quiet", "-o", "disk", "tree");
        files.runWith("label: dos\nstart=64,size=128,type=17,bootable\n", "sfdisk", "-q", "--wipe", "never", "disk");

        DiskContents contents = fit(files.gzip(files.at("disk"))).contents();

        assertThat(contents.partitionTable()).isEqualTo("MBR");
        assertThat(contents.warnings().getFirst()).startsWith("hybrid ISO: ");
        assertThat(contents.warnings()).anyMatch(warning -> warning.startsWith("partitioned: "));
    }

    @Test
    void accepts_hybrid_output_of_xorriso() throws IOException {
        files.tree();
        files.run("xorriso", "-as", "mkisofs", "-quiet", "-partition_offset", "16", "-o", "disk", "tree");

        DiskContents contents = fit(files.gzip(files.at("disk"))).contents();

        assertThat(contents.warnings().getFirst()).startsWith("hybrid ISO: ");
    }

    @Test
    void only_warns_if_configured() throws IOException {
        byte[] qcow = new byte[65536];
        System.arraycopy(new byte[] {'Q', 'F', 'I', (byte) 0xfb, 0, 0, 0, 3}, 0, qcow, 0, 8);
        Path file = files.gzip(files.write("disk", qcow));

        DiskContents contents = fit(DiskFiles.inspect(file, ContentsRule.WARN)).contents();

        assertThat(contents.warnings())
                .containsExactly("gzip → qcow2: convert it with qemu-img convert -O raw, then gzip");
    }

    @Test
    void reports_gzip_problems_before_the_content() throws IOException {
        byte[] gzip = DiskFiles.gzip("text\n".repeat(100_000).getBytes(StandardCharsets.UTF_8));
        Path file = files.write("disk.img.gz", Arrays.copyOf(gzip, gzip.length - 1));

        assertThat(unfit(file).problem().code()).isEqualTo(ErrorCode.GZIP_TRUNCATED);
    }

    @Test
    void ignores_an_old_iso_descriptor_below_a_newer_file_system() throws IOException {
        Path disk = files.sparse("disk", 8 * MEBIBYTE);
        files.run("mkfs.ext4", "-q", "disk");
        files.put(files.write("left", "\1CD001\1".getBytes(StandardCharsets.US_ASCII)), disk, 32768);

        assertThat(fit(files.gzip(disk)).contents().filesystem()).isEqualTo("ext4");
    }
}
