package dev.imageferry.upload;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LogTextTest {
    @Test
    void leaves_ordinary_names_alone() {
        assertThat(LogText.of("süß 🚀 \"x\".img.gz")).isEqualTo("süß 🚀 \"x\".img.gz");
    }

    @Test
    void shows_line_breaks_and_terminal_commands_as_text() {
        assertThat(LogText.of("a\nb\u001b[31mc\u2028d")).isEqualTo("a\\u000ab\\u001b[31mc\\u2028d");
    }
}
