package dev.imageferry.convert;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.RealTools;
import dev.imageferry.image.ContentsRule;
import dev.imageferry.image.GzipInspector;
import dev.imageferry.image.Inspection;
import dev.imageferry.job.CheckedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every form in which people have a disk, made with their tools. */
class ConverterTest {
    @TempDir
    static Path folder;

    private static ImageFiles files;

    @BeforeAll
    static void makeDisk() throws Exception {
        files = new ImageFiles(folder);
        files.makeDisk();
    }

    /** The tool is the first word of what the command does last. */
    @ParameterizedTest(name = "{0}: {2}")
    @CsvSource(delimiter = '~', quoteCharacter = '`', textBlock = """
            raw.img         ~ cp       ~ cp disk.img $f
            raw.raw         ~ cp       ~ cp disk.img $f
            one.img.gz      ~ gzip     ~ gzip -c disk.img > $f
            gzipped.img     ~ gzip     ~ gzip -c disk.img > $f
            members.raw.gz  ~ gzip     ~ (head -c 7M disk.img | gzip; tail -c +$((7*1024*1024+1)) disk.img | gzip) > $f
            one.img.xz      ~ xz       ~ xz -1 -c disk.img > $f
            crc32.img.xz    ~ xz       ~ xz -9 --check=crc32 -c disk.img > $f
            blocks.raw.xz   ~ xz       ~ xz -1 -T2 --block-size=1MiB -c disk.img > $f
            streams.raw.xz  ~ xz       ~ (head -c 7M disk.img | xz -1; head -c 8 /dev/zero; tail -c +$((7*1024*1024+1)) disk.img | xz -1) > $f
            one.img.zst     ~ zstd     ~ zstd -q -c disk.img > $f
            piped.img.zst   ~ zstd     ~ cat disk.img | zstd -q -19 > $f
            frames.raw.zst  ~ zstd     ~ (printf '\\x50\\x2a\\x4d\\x18\\x04\\x00\\x00\\x00skip'; head -c 7M disk.img | zstd; tail -c +$((7*1024*1024+1)) disk.img | zstd) > $f
            one.img.bz2     ~ bzip2    ~ bzip2 -c disk.img > $f
            streams.img.bz2 ~ bzip2    ~ (head -c 7M disk.img | bzip2 -1; tail -c +$((7*1024*1024+1)) disk.img | bzip2) > $f
            zstd.img.xz     ~ zstd     ~ zstd -q -c disk.img > $f
            plain.qcow2     ~ qemu-img ~ qemu-img convert -O qcow2 disk.img $f
            packed.qcow2    ~ qemu-img ~ qemu-img convert -c -O qcow2 disk.img $f
            zstd.qcow2      ~ qemu-img ~ qemu-img convert -c -o compression_type=zstd -O qcow2 disk.img $f
            old.qcow2       ~ qemu-img ~ qemu-img convert -o compat=0.10 -O qcow2 disk.img $f
            qcow2.img       ~ qemu-img ~ qemu-img convert -O qcow2 disk.img $f
            sparse.vmdk     ~ qemu-img ~ qemu-img convert -O vmdk -o subformat=monolithicSparse disk.img $f
            stream.vmdk     ~ qemu-img ~ qemu-img convert -O vmdk -o subformat=streamOptimized disk.img $f
            dynamic.vhd     ~ qemu-img ~ qemu-img convert -O vpc -o subformat=dynamic,force_size=on disk.img $f
            fixed.vhd       ~ qemu-img ~ qemu-img convert -O vpc -o subformat=fixed,force_size=on disk.img $f
            dynamic.vhdx    ~ qemu-img ~ qemu-img convert -O vhdx disk.img $f
            fixed.vhdx      ~ qemu-img ~ qemu-img convert -O vhdx -o subformat=fixed disk.img $f
            dynamic.vdi     ~ qemu-img ~ qemu-img convert -O vdi disk.img $f
            static.vdi      ~ qemu-img ~ qemu-img convert -O vdi -o static=on disk.img $f
            qcow2.img.xz    ~ qemu-img ~ qemu-img convert -O qcow2 disk.img q && xz -1 -c q > $f
            packed.qcow2.gz ~ qemu-img ~ qemu-img convert -c -O qcow2 disk.img q && gzip -c q > $f
            vmdk.img.zst    ~ qemu-img ~ qemu-img convert -O vmdk disk.img q.vmdk && zstd -q -c q.vmdk > $f
            "'; a,b\\c=$x.vmdk~ qemu-img ~ qemu-img convert -O vmdk disk.img q.vmdk && cp q.vmdk "$f"
            """)
    void what_linode_unpacks_is_the_raw_disk(String name, String tool, String command) throws Exception {
        // given
        RealTools.require(tool, command.contains("xz ") ? "xz" : tool);
        Files.writeString(files.at("make.sh"), "f=$1\n" + command);
        files.run("bash -euo pipefail make.sh %s".formatted(quoted(name)));
        ImageFiles.CountedSpace space = new ImageFiles.CountedSpace();
        List<Long> done = new ArrayList<>();
        List<Long> totals = new ArrayList<>();

        // when
        Conversion found = new Converter(ImageFiles.LIMITS, 2, false)
                .convert(files.at(name), files.target(), space, (bytes, total) -> {
                    done.add(bytes);
                    totals.add(total);
                });

        // then
        assertThat(found).isEqualTo(new Conversion.Made(files.sha256(name), null));
        assertThat(files.targets()).containsExactly(files.target().getFileName().toString());
        assertThat(files.unpackedSha256(files.target())).isEqualTo(files.sha256(ImageFiles.DISK));
        assertThat(checked().uncompressedBytes()).isEqualTo(Files.size(files.at(ImageFiles.DISK)));
        assertThat(space.written.get())
                .isEqualTo(space.required.get())
                .isGreaterThanOrEqualTo(Files.size(files.target()));
        assertThat(done).isNotEmpty();
        assertThat(done.getLast()).isEqualTo(totals.getLast());
        for (int i = 0; i < done.size(); i++) {
            assertThat(done.get(i)).isBetween(i == 0 ? 0 : done.get(i - 1), totals.get(i));
        }
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(files.target())))
                .isEqualTo("rw-------");
        Files.delete(files.target());
    }

    /** VHD knows sizes as cylinders, heads and sectors. Without force_size, qemu-img makes the disk longer, with zeroes. */
    @ParameterizedTest
    @CsvSource({"dynamic", "fixed"})
    void a_vhd_whose_size_was_rounded_up_has_zeroes_at_its_end(String kind) throws Exception {
        // given
        RealTools.require("qemu-img");
        files.run("qemu-img convert -O vpc -o subformat=%s disk.img rounded.vhd".formatted(kind));

        // when
        Conversion found = files.convert("rounded.vhd");

        // then
        assertThat(found).isInstanceOf(Conversion.Made.class);
        files.run("gzip -dc .target.img.gz > rounded.img && cmp -n $(stat -c %s disk.img) disk.img rounded.img");
        long more = Files.size(files.at("rounded.img")) - Files.size(files.at(ImageFiles.DISK));
        assertThat(more).isPositive();
        files.run("tail -c %d rounded.img | cmp - <(head -c %d /dev/zero)".formatted(more, more));
        Files.delete(files.target());
    }

    private static CheckedImage checked() throws Exception {
        Inspection found =
                new GzipInspector(ImageFiles.LIMITS, ContentsRule.STRICT).inspect(files.target(), bytes -> {});
        assertThat(found).isInstanceOf(Inspection.Fit.class);
        CheckedImage image = ((Inspection.Fit) found).image();
        assertThat(image.contents().filesystem()).isEqualTo("ext4");
        return image;
    }

    @Test
    void left_overs_of_an_earlier_conversion_are_replaced() throws Exception {
        // given
        for (Workspace.Part part : Workspace.Part.values()) {
            Files.writeString(new Workspace(files.target()).path(part), "left over");
        }

        // when
        Conversion found = files.convert(ImageFiles.DISK);

        // then
        assertThat(found).isInstanceOf(Conversion.Made.class);
        assertThat(files.targets()).containsExactly(files.target().getFileName().toString());
        Files.delete(files.target());
    }

    private static String quoted(String name) {
        return "'" + name.replace("'", "'\\''") + "'";
    }
}
