package dev.imageferry.drop;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NamesTest {
    @ParameterizedTest
    @CsvSource({
        "x.img.gz, 1, x.img.gz",
        "x.img.gz, 2, x-2.img.gz",
        "X.IMG.Gz, 3, X-3.IMG.Gz",
        "x-2.img.gz, 2, x-2-2.img.gz",
        "a.img.gz.img.gz, 2, a.img.gz-2.img.gz"
    })
    void inserts_the_number_before_the_ending(String image, int number, String expected) {
        assertThat(Names.numbered(image, number)).isEqualTo(expected);
    }

    @Test
    void sidecar_and_receipt_are_named_after_the_image() {
        assertThat(Names.sidecar("x-2.img.gz", ".yaml")).isEqualTo("x-2.img.gz.yaml");
        assertThat(Names.receipt("x-2.img.gz")).isEqualTo("x-2.img.gz.receipt.json");
    }

    @Test
    void keeps_a_name_of_255_bytes_and_cuts_one_of_256() {
        String fits = "x".repeat(255 - 20) + ".img.gz";
        String tooLong = "x".repeat(255 - 19) + ".img.gz";

        assertThat(Names.receipt(fits)).isEqualTo(fits + ".receipt.json").hasSize(255);
        assertThat(Names.receipt(tooLong)).hasSize(255).matches("x{226}~[0-9a-f]{8}\\.img\\.gz\\.receipt\\.json");
    }

    @Test
    void cuts_between_characters() {
        // 4 bytes each in UTF-8, two chars each in Java
        String image = "🚀".repeat(62) + ".img.gz";

        for (String prefix : new String[] {"", "a", "ab", "abc"}) {
            String name = prefix + image;
            String receipt = Names.receipt(name.substring(0, name.length() - ".img.gz".length()) + ".img.gz");
            byte[] bytes = receipt.getBytes(StandardCharsets.UTF_8);
            assertThat(bytes.length).isBetween(252, 255);
            assertThat(new String(bytes, StandardCharsets.UTF_8)).isEqualTo(receipt);
            assertThat(receipt)
                    .startsWith(prefix + "🚀")
                    .matches("[abc]*(🚀)+~[0-9a-f]{8}\\.img\\.gz\\.receipt\\.json");
        }
    }

    @Test
    void names_that_differ_only_in_the_cut_part_stay_different() {
        String beginning = "x".repeat(240);

        assertThat(Names.receipt(beginning + "a.img.gz")).isNotEqualTo(Names.receipt(beginning + "b.img.gz"));
    }

    @Test
    void a_numbered_name_of_full_length_differs_by_its_digest() {
        String image = "x".repeat(248) + ".img.gz";

        assertThat(image).hasSize(255);
        assertThat(Names.numbered(image, 2)).hasSize(255).matches("x+~[0-9a-f]{8}\\.img\\.gz");
        assertThat(Names.numbered(image, 3)).isNotEqualTo(Names.numbered(image, 2));
        assertThat(Names.receipt(Names.numbered(image, 2))).hasSize(255).endsWith(".receipt.json");
        assertThat(Names.numberedFolder("d".repeat(255), 2)).hasSize(255);
    }
}
