package dev.imageferry.log;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LogTextTest {
    @Test
    void does_not_change_ordinary_names() {
        assertThat(LogText.of("süß 🚀 \"x\".img.gz")).isEqualTo("süß 🚀 \"x\".img.gz");
    }

    @Test
    void escapes_line_breaks_and_terminal_control_sequences() {
        assertThat(LogText.of("a\nb\u001b[31mc\u2028d")).isEqualTo("a\\u000ab\\u001b[31mc\\u2028d");
    }

    @ParameterizedTest
    @ValueSource(
            chars = {
                '\u0000', '\t', '\n', '\r', '\u001b', '\u007f', '\u0085', '\u009b', '\u2028', '\u2029', '\u202a',
                '\u202e', '\u2066', '\u2069'
            })
    void escapes_characters_that_move_the_cursor_or_change_the_direction(char unsafe) {
        assertThat(LogText.of("a" + unsafe + "b")).isEqualTo("a\\u%04xb".formatted((int) unsafe));
        assertThat(LogText.isSafe("a" + unsafe)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(chars = {' ', '~', '\u00a0', '\u2027', '\u202f', '\u2065', '\u206a'})
    void does_not_change_neighbouring_characters(char safe) {
        assertThat(LogText.of("a" + safe + "b")).isEqualTo("a" + safe + "b");
    }

    @Test
    void escapes_only_once() {
        String once = LogText.of("a\nb");

        assertThat(LogText.of(once)).isEqualTo(once);
    }
}
