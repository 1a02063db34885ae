package dev.imageferry.image;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImageLabelsTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "debian-12.img.gz            | debian-12",
                "Debian-12.IMG.GZ            | Debian-12",
                "debian.img.gz.img.gz        | debian.img.gz",
                "no-suffix                   | no-suffix",
                "my image, v1.2_final?.img.gz| my image, v1.2_final?",
                "bob's.img.gz                | bob's",
                "été à Köln.img.gz           | ete a Koln",
                "ﬁnal.img.gz                 | final",
                "a:b/c|a-b-c",
                "a+++b.img.gz                | a-b",
                "a🚀b.img.gz                 | a-b",
                "🚀rocket🚀.img.gz           | rocket",
                "(x).img.gz                  | x",
                "тест-v2.img.gz              | -v2",
                "---.img.gz                  | ---",
                "\" padded .img.gz\"         | padded",
                "\"a\tb.img.gz\"             | a b",
                "\"a\u00a0\u2003b.img.gz\"   | a b",
                "\"x\ny.img.gz\"             | x y"
            })
    void makes_a_label_from_a_file_name(String fileName, String label) {
        assertThat(ImageLabels.labelOf(fileName)).isEqualTo(label);
    }

    @ParameterizedTest
    @ValueSource(strings = {"🚀.img.gz", ".img.gz", "   .img.gz", "", "日本.img.gz"})
    void makes_a_unique_label_from_a_name_without_usable_characters(String fileName) {
        assertThat(ImageLabels.labelOf(fileName)).matches("image[0-9a-f]{8}");
    }

    @Test
    void keeps_fifty_characters() {
        assertThat(ImageLabels.labelOf("a".repeat(50) + ".img.gz")).isEqualTo("a".repeat(50));
    }

    @Test
    void keeps_two_shortened_labels_different() {
        String first = ImageLabels.labelOf("a".repeat(60) + "1.img.gz");
        String second = ImageLabels.labelOf("a".repeat(60) + "2.img.gz");

        assertThat(first).matches("a{41}-[0-9a-f]{8}").isNotEqualTo(second);
    }

    @Test
    void leaves_no_space_before_the_cut() {
        assertThat(ImageLabels.labelOf("a".repeat(40) + " " + "b".repeat(60))).matches("a{40}-[0-9a-f]{8}");
    }

    @Test
    void gives_the_same_label_for_the_same_name() {
        assertThat(ImageLabels.labelOf("🚀.img.gz"))
                .isEqualTo(ImageLabels.labelOf("🚀.img.gz"))
                .isNotEqualTo(ImageLabels.labelOf("🎉.img.gz"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\ud800.img.gz",
                "\u202egnp.img.gz",
                "a\0b.img.gz",
                "e\u0301\u0301.img.gz",
                "ß.img.gz",
                "½.img.gz"
            })
    void gives_a_valid_label_for_any_name(String fileName) {
        assertThat(ImageLabels.labelOf(fileName)).matches("[a-zA-Z0-9,.?\\-_ ']{1,50}");
    }
}
