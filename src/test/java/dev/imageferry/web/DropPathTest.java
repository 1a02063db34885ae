package dev.imageferry.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DropPathTest {
    @ParameterizedTest
    @CsvSource({
        "a.img.gz,a.img.gz",
        "a+b.img.gz,a+b.img.gz",
        "a;y=1.img.gz,a;y=1.img.gz",
        "a.img.gz;y=1,a.img.gz;y=1",
        "a%2Fb.img.gz,a/b.img.gz",
        "%2e%2e/b.img.gz,../b.img.gz",
        "%E6%97%A5%f0%9f%9a%80.img.gz,日🚀.img.gz",
        "a%3Fb%23c%25.img.gz,a?b#c%.img.gz"
    })
    void decodes_a_path_exactly(String raw, String path) {
        assertThat(DropPath.decode(raw)).isEqualTo(path);
    }

    @Test
    void keeps_composed_and_decomposed_letters() {
        assertThat(DropPath.decode("%C3%A4")).isEqualTo("\u00e4");
        assertThat(DropPath.decode("a%CC%88")).isEqualTo("a\u0308");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "%ff%fe.img.gz", // not UTF-8
                "%c0%af.img.gz", // a slash in two bytes
                "%e0%80%af.img.gz", // a slash in three bytes
                "%ed%a0%80.img.gz", // one surrogate
                "%ed%a0%bd%ed%ba%80.img.gz", // a surrogate pair
                "%f4%90%80%80.img.gz", // beyond Unicode
                "%e6%97.img.gz" // truncated
            })
    void refuses_bytes_that_are_not_utf8(String raw) {
        assertThatThrownBy(() -> DropPath.decode(raw))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("not UTF-8");
    }

    @ParameterizedTest
    @ValueSource(strings = {"%", "a%2", "a%zz", "%-1", "%+1"})
    void refuses_a_percent_sign_without_two_digits(String raw) {
        assertThatThrownBy(() -> DropPath.decode(raw))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("hexadecimal");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a b", "ä", "a\u0001"})
    void refuses_unencoded_characters(String raw) {
        assertThatThrownBy(() -> DropPath.decode(raw)).hasMessageContaining("percent-encoded");
    }
}
