package dev.imageferry.drop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.imageferry.job.DroppedFile;
import dev.imageferry.job.FileFingerprint;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImageNamesTest {
    private static final ImageNames CONVERTING = new ImageNames(List.of(".img.gz", ".disk.gz"), true);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "x.img",
                "x.RAW",
                "x.img.xz",
                "x.raw.xz",
                "x.img.zst",
                "x.raw.zst",
                "x.img.bz2",
                "x.raw.bz2",
                "x.qcow2",
                "x.vmdk",
                "x.vhd",
                "x.vhdx",
                "x.vdi"
            })
    void images_of_other_formats_are_converted_if_that_is_set(String name) {
        assertThat(CONVERTING.isImage(name)).isTrue();
        assertThat(CONVERTING.isConvertible(name)).isTrue();
        assertThat(DefaultNames.NAMES.isImage(name)).isFalse();
        assertThat(DefaultNames.NAMES.isConvertible(name)).isFalse();
    }

    @Test
    void the_setting_replaces_the_default_endings() {
        assertThat(CONVERTING.isImage("a/x.Disk.GZ")).isTrue();
        assertThat(CONVERTING.isConvertible("a/x.disk.gz")).isFalse();
        assertThat(CONVERTING.isImage("x.raw.gz")).isFalse();
        assertThat(CONVERTING.stem("x.disk.gz")).isEqualTo("x");
        assertThat(DefaultNames.NAMES.shown()).isEqualTo(".img.gz, .raw.gz or .bin.gz");
    }

    @Test
    void an_ending_of_the_setting_can_be_in_upper_case() {
        ImageNames names = new ImageNames(List.of(".Disk.GZ"), false);

        assertThat(names.isImage("x.disk.gz")).isTrue();
        assertThat(names.stem("x.DISK.gz")).isEqualTo("x");
    }

    @Test
    void the_name_without_its_ending_is_without_the_longest() {
        assertThat(new ImageNames(List.of(".gz", ".img.gz"), false).stem("x.img.gz"))
                .isEqualTo("x");
        assertThat(new ImageNames(List.of(".img.gz", ".gz"), false).stem("x.img.gz"))
                .isEqualTo("x");
    }

    @Test
    void a_file_with_an_ending_of_the_setting_is_not_converted() {
        ImageNames names = new ImageNames(List.of(".xz"), true);

        assertThat(names.isImage("x.img.xz")).isTrue();
        assertThat(names.isConvertible("x.img.xz")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"img.gz", "", ".", "*.gz", ".img gz", ".yaml", ".img.gz.sha256", ".qcow2", ".img.xz"})
    void refuses_an_ending_that_is_none_or_that_of_another_kind_of_file(String ending) {
        assertThatThrownBy(() -> new ImageNames(List.of(ending), false))
                .hasMessageContainingAll("imageferry.drop.names", "\"" + ending + "\"", ".img.gz");
    }

    @ParameterizedTest
    @CsvSource({
        "x.img.gz, x-2.img.gz",
        "x.RAW.xz, x-2.RAW.xz",
        "x.qcow2, x-2.qcow2",
        "debian-12.5.gz, debian-12.5-2.gz",
        "x, x-2"
    })
    void the_number_of_a_name_comes_before_the_ending(String name, String second) {
        assertThat(Names.numbered(name, 2)).isEqualTo(second);
    }

    @ParameterizedTest
    @CsvSource({
        "x.img.gz, 101, false, true, true",
        "x.img.gz, 100, false, true, false",
        "x.img.gz, 100, true, true, true",
        "x.img.gz, 101, true, false, false",
        "x.qcow2, 1, true, false, true",
        "x.qcow2, 1, false, false, false"
    })
    void free_blocks_are_left_out_of_images_that_are_too_large_and_of_all_if_images_are_converted(
            String name, long bytes, boolean convert, boolean dropFreeBlocks, boolean applies) {
        ConversionRule rule =
                new ConversionRule(new ImageNames(List.of(".img.gz"), convert), convert, dropFreeBlocks, 100, 500);

        assertThat(rule.applies(new DroppedFile(name, new FileFingerprint(1, bytes, 2, 3))))
                .isEqualTo(applies);
    }

    @ParameterizedTest
    @CsvSource({
        "x.img.gz, true, false, 100, imageferry.limits.compressed",
        "x.qcow2, true, false, 500, imageferry.limits.uncompressed",
        "x.qcow2, false, false, 100, imageferry.limits.compressed",
        "x.img.gz, false, true, 500, imageferry.limits.uncompressed"
    })
    void a_file_that_is_converted_can_be_as_large_as_its_content(
            String name, boolean convert, boolean dropFreeBlocks, long bytes, String setting) {
        ConversionRule rule =
                new ConversionRule(new ImageNames(List.of(".img.gz"), convert), convert, dropFreeBlocks, 100, 500);

        assertThat(rule.limit(name)).isEqualTo(new ConversionRule.Limit(bytes, setting));
    }
}
