package dev.imageferry.convert;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.RealTools;
import dev.imageferry.image.ContentsRule;
import dev.imageferry.image.GzipInspector;
import dev.imageferry.image.Inspection;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A Debian image made with debootstrap, in every form. Prints times and sizes beside those of the usual tools, in the same run. */
@Tag("exhaustive")
class RealImageTest {
    private static final int THREADS = Runtime.getRuntime().availableProcessors();

    @TempDir
    static Path folder;

    private static final String ARCHIVE = "http://deb.debian.org/debian";

    private static ImageFiles files;

    @BeforeAll
    static void makeImage() throws Exception {
        RealTools.require("debootstrap", "mkfs.ext4", "qemu-img", "xz", "zstd", "bzip2", "pigz", "curl");
        Assumptions.assumeTrue(System.getProperty("user.name").equals("root"), "needs root");
        files = new ImageFiles(folder);
        Assumptions.assumeTrue(
                files.run("curl -sfo /dev/null --max-time 20 %s/dists/bookworm/Release && echo reached || echo not"
                                .formatted(ARCHIVE))
                        .startsWith("reached"),
                "Debian's archive cannot be reached");
        files.run("""
                debootstrap --variant=minbase --include=systemd-sysv,ifupdown,openssh-server bookworm rootfs %s
                echo debian > rootfs/etc/hostname
                truncate -s 1G disk.img
                mkfs.ext4 -q -d rootfs disk.img
                rm -rf rootfs
                """.formatted(ARCHIVE));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', textBlock = """
            x.img        ~ ln disk.img x.img                                                   ~ pigz -c x.img
            x.raw        ~ ln disk.img x.raw                                                   ~ pigz -c x.raw
            x.raw.gz     ~ pigz -c disk.img > x.raw.gz                                         ~ pigz -dc x.raw.gz | pigz
            x.bin.gz     ~ gzip -1 -c disk.img > x.bin.gz                                      ~ pigz -dc x.bin.gz | pigz
            x.img.xz     ~ xz -2 -T2 -c disk.img > x.img.xz                                    ~ xz -dc x.img.xz | pigz
            x.raw.xz     ~ xz -2 -T1 -c disk.img > x.raw.xz                                    ~ xz -dc x.raw.xz | pigz
            x.img.zst    ~ zstd -q -c disk.img > x.img.zst                                     ~ zstd -dc x.img.zst | pigz
            x.raw.zst    ~ zstd -q -c < disk.img > x.raw.zst                                   ~ zstd -dc x.raw.zst | pigz
            x.img.bz2    ~ bzip2 -c disk.img > x.img.bz2                                       ~ bzip2 -dc x.img.bz2 | pigz
            packed.qcow2 ~ qemu-img convert -c -O qcow2 disk.img packed.qcow2                  ~ qemu-img convert -O raw packed.qcow2 t; pigz -c t
            x.qcow2      ~ qemu-img convert -O qcow2 disk.img x.qcow2                          ~ qemu-img convert -O raw x.qcow2 t; pigz -c t
            x.vmdk       ~ qemu-img convert -O vmdk disk.img x.vmdk                            ~ qemu-img convert -O raw x.vmdk t; pigz -c t
            stream.vmdk  ~ qemu-img convert -O vmdk -o subformat=streamOptimized disk.img stream.vmdk ~ qemu-img convert -O raw stream.vmdk t; pigz -c t
            x.vhd        ~ qemu-img convert -O vpc -o force_size=on disk.img x.vhd             ~ qemu-img convert -O raw x.vhd t; pigz -c t
            x.vhdx       ~ qemu-img convert -O vhdx disk.img x.vhdx                            ~ qemu-img convert -O raw x.vhdx t; pigz -c t
            x.vdi        ~ qemu-img convert -O vdi disk.img x.vdi                              ~ qemu-img convert -O raw x.vdi t; pigz -c t
            qcow2.img    ~ qemu-img convert -O qcow2 disk.img qcow2.img                        ~ qemu-img convert -O raw qcow2.img t; pigz -c t
            """)
    void what_linode_unpacks_is_the_image(String name, String command, String tool) throws Exception {
        // given
        files.run(command);
        Converter converter = new Converter(ImageFiles.LIMITS, THREADS, false);

        // when
        long start = System.nanoTime();
        Conversion found =
                converter.convert(files.at(name), files.target(), new ImageFiles.CountedSpace(), (done, total) -> {});
        double seconds = (System.nanoTime() - start) / 1e9;

        // then
        assertThat(found).isEqualTo(new Conversion.Made(files.sha256(name), null));
        assertThat(files.unpackedSha256(files.target())).isEqualTo(files.sha256(ImageFiles.DISK));
        assertThat(new GzipInspector(ImageFiles.LIMITS, ContentsRule.STRICT).inspect(files.target(), bytes -> {}))
                .isInstanceOf(Inspection.Fit.class);
        start = System.nanoTime();
        files.run("(" + tool + ") > tool.gz; rm -f t");
        double beside = (System.nanoTime() - start) / 1e9;
        System.out.printf(
                "%s: %.1f s, %,d bytes; %s: %.1f s, %,d bytes; time %.2f, size %.3f%n",
                name,
                seconds,
                Files.size(files.target()),
                tool,
                beside,
                Files.size(files.at("tool.gz")),
                seconds / beside,
                (double) Files.size(files.target()) / Files.size(files.at("tool.gz")));
        files.run("rm -f %s .target.img.gz tool.gz".formatted(name));
    }
}
