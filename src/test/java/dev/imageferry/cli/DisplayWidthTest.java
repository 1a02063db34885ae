package dev.imageferry.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DisplayWidthTest {
    @ParameterizedTest
    @CsvSource({"abc, 3", "'', 0", "ä, 1", "a\u0308, 1", "日本, 4", "🙂, 2", "ｱ, 1"})
    void counts_columns_and_not_characters(String text, int columns) {
        assertThat(DisplayWidth.of(text)).isEqualTo(columns);
    }

    @ParameterizedTest
    @CsvSource({
        "debian-12.img.gz, 16, debian-12.img.gz",
        "debian-12.img.gz, 10, debia…g.gz",
        "日本語日本語, 8, 日本…語",
        "🙂🙂🙂🙂, 5, 🙂…🙂"
    })
    void leaves_out_the_middle(String text, int columns, String shortened) {
        assertThat(DisplayWidth.shorten(text, columns)).isEqualTo(shortened);
        assertThat(DisplayWidth.of(shortened)).isLessThanOrEqualTo(columns);
    }
}
