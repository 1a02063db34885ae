package dev.imageferry.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SidecarTest {
    static JsonNode read(String yaml) {
        try {
            return new YAMLMapper().readTree(yaml);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "plain",
                "yes",
                "null",
                "~",
                "1.10",
                "0x1f",
                "2026-11-30",
                "a: b",
                "# no comment",
                "- item",
                "*alias",
                "&anchor",
                "!tag",
                "{a: b}",
                "[a]",
                "'",
                "\"",
                "\\n",
                " spaces ",
                "line\nbreak\ttab",
                "ä€🙂",
                "%",
                "@",
                ""
            })
    void every_text_is_read_back_as_the_same_text(String text) {
        String yaml = new Sidecar(text, text, text, List.of(text), null, null, null, null).toYaml();

        JsonNode read = read(yaml);
        assertThat(read.path("label").isTextual()).isTrue();
        assertThat(read.path("label").asText()).isEqualTo(text);
        assertThat(read.path("description").asText()).isEqualTo(text);
        assertThat(read.path("tags").path(0).asText()).isEqualTo(text);
    }

    @Test
    void is_empty_without_options() {
        assertThat(new Sidecar(null, null, null, List.of(), null, null, null, null).isEmpty())
                .isTrue();
        assertThat(new Sidecar(null, null, null, List.of(), false, null, null, null).isEmpty())
                .isFalse();
        assertThat(new Sidecar(null, null, null, List.of(), null, 0, null, null).isEmpty())
                .isFalse();
    }
}
