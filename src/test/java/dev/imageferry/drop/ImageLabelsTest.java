package dev.imageferry.drop;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImageLabelsTest {
    private static final ImageLabels LABELS = labels("{name}");

    private static ImageLabels labels(String template) {
        return new ImageLabels(
                template,
                DefaultNames.NAMES,
                InstantSource.fixed(Instant.parse("2026-11-30T23:30:00Z")),
                ZoneOffset.UTC);
    }

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
                "a:b/c:d                     | c-d",
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
        assertThat(LABELS.labelOf(fileName)).isEqualTo(label);
    }

    @ParameterizedTest
    @ValueSource(strings = {"🚀.img.gz", ".img.gz", "   .img.gz", "", "日本.img.gz"})
    void makes_a_unique_label_from_a_name_without_usable_characters(String fileName) {
        assertThat(LABELS.labelOf(fileName)).matches("image[0-9a-f]{8}");
    }

    @ParameterizedTest
    @CsvSource({
        "talos-akamai-amd64.raw.gz, talos-akamai-amd64",
        "a/flatcar_akamai_image.BIN.gz, flatcar_akamai_image",
        "debian-12.qcow2, debian-12",
        "debian-12.5.raw.xz, debian-12.5",
        "debian-12.5.gz, debian-12.5.gz"
    })
    void the_name_has_no_ending_of_an_image(String path, String label) {
        assertThat(LABELS.labelOf(path)).isEqualTo(label);
    }

    @ParameterizedTest
    @CsvSource({
        "{name}, debian-12",
        "{name} {date}, debian-12 2026-11-30",
        "{file}, base-debian-12.img.gz",
        "golden, golden",
        "{else} {name}, else- debian-12"
    })
    void the_template_names_the_parts_of_a_label(String template, String label) {
        assertThat(labels(template).labelOf("base/debian-12.img.gz")).isEqualTo(label);
    }

    @Test
    void the_name_is_without_an_ending_of_the_setting() {
        ImageLabels labels = new ImageLabels(
                "{name}", new ImageNames(List.of(".disk.gz"), false), InstantSource.system(), ZoneOffset.UTC);

        assertThat(labels.labelOf("a/debian-12.Disk.gz")).isEqualTo("debian-12");
        assertThat(labels.labelOf("a/debian-12.img.gz")).isEqualTo("debian-12.img.gz");
    }

    @Test
    void the_date_is_that_of_the_time_zone() {
        InstantSource lateInUtc = InstantSource.fixed(Instant.parse("2026-11-30T23:30:00Z"));

        assertThat(new ImageLabels("{date}", DefaultNames.NAMES, lateInUtc, ZoneOffset.ofHours(1)).labelOf("x.img.gz"))
                .isEqualTo("2026-12-01");
    }

    @Test
    void keeps_fifty_characters() {
        assertThat(LABELS.labelOf("a".repeat(50) + ".img.gz")).isEqualTo("a".repeat(50));
    }

    @Test
    void keeps_two_shortened_labels_different() {
        String first = LABELS.labelOf("a".repeat(60) + "1.img.gz");
        String second = LABELS.labelOf("a".repeat(60) + "2.img.gz");

        assertThat(first).matches("a{41}-[0-9a-f]{8}").isNotEqualTo(second);
    }

    @Test
    void leaves_no_space_before_the_cut() {
        assertThat(LABELS.labelOf("a".repeat(40) + " " + "b".repeat(60))).matches("a{40}-[0-9a-f]{8}");
    }

    @Test
    void gives_the_same_label_for_the_same_name() {
        assertThat(LABELS.labelOf("🚀.img.gz"))
                .isEqualTo(LABELS.labelOf("🚀.img.gz"))
                .isNotEqualTo(LABELS.labelOf("🎉.img.gz"));
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
        assertThat(LABELS.labelOf(fileName)).matches("[a-zA-Z0-9,.?\\-_ ']{1,50}");
    }
}
