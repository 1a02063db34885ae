package dev.imageferry.linode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokenSourceTest {
    @TempDir
    Path directory;

    private static TokenSource source(@Nullable String token, @Nullable Path file) {
        return new TokenSource(new HttpLinodeImagesTest.Settings(
                Optional.ofNullable(token), Optional.ofNullable(file), URI.create("https://api.linode.com")));
    }

    @Test
    void uses_the_token_of_the_settings() {
        assertThat(source(" abc123 ", null).current()).isEqualTo("abc123");
    }

    @Test
    void prefers_the_file() throws Exception {
        Path file = Files.writeString(directory.resolve("token"), "from-file\n");

        assertThat(source("from-setting", file).current()).isEqualTo("from-file");
    }

    @Test
    void reads_the_file_again_when_it_changes() throws Exception {
        Path file = Files.writeString(directory.resolve("token"), "one");
        TokenSource source = source(null, file);
        long before = source.version();
        assertThat(source.current()).isEqualTo("one");

        Path next = Files.writeString(directory.resolve("next"), "two");
        Files.move(next, file, StandardCopyOption.REPLACE_EXISTING);

        assertThat(source.current()).isEqualTo("two");
        assertThat(source.version()).isGreaterThan(before);
    }

    @Test
    void follows_a_symbolic_link_that_is_replaced() throws Exception {
        Path one = Files.writeString(directory.resolve("one"), "one");
        Path two = Files.writeString(directory.resolve("two"), "two");
        Path link = Files.createSymbolicLink(directory.resolve("token"), one);
        TokenSource source = source(null, link);
        assertThat(source.current()).isEqualTo("one");

        Path swapped = Files.createSymbolicLink(directory.resolve("swapped"), two);
        Files.move(swapped, link, StandardCopyOption.ATOMIC_MOVE);

        assertThat(source.current()).isEqualTo("two");
    }

    @Test
    void keeps_the_version_if_the_token_is_unchanged() throws Exception {
        Path file = Files.writeString(directory.resolve("token"), "one");
        TokenSource source = source(null, file);
        long before = source.version();

        Files.writeString(file, "one\n");

        assertThat(source.version()).isEqualTo(before);
    }

    @Test
    void keeps_the_previous_token_while_the_file_is_missing_or_empty() throws Exception {
        Path file = Files.writeString(directory.resolve("token"), "one");
        TokenSource source = source(null, file);

        Files.delete(file);
        assertThat(source.current()).isEqualTo("one");
        Files.writeString(file, "");
        assertThat(source.current()).isEqualTo("one");
        Files.writeString(file, "two");
        assertThat(source.current()).isEqualTo("two");
    }

    @Test
    void names_the_missing_setting() {
        assertThatThrownBy(() -> source(null, null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("LINODE_TOKEN");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "  ", "two words", "umläut", "line\nbreak"})
    void an_invalid_token_is_reported_without_its_value(String token) throws Exception {
        Path file = Files.writeString(directory.resolve("token"), token);

        assertThatThrownBy(() -> source(token, null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("imageferry.linode.token is empty or contains characters that are not allowed in a token");
        assertThatThrownBy(() -> source(null, file))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("imageferry.linode.token-file " + file
                        + " is empty or contains characters that are not allowed in a token");
    }

    @Test
    void names_a_missing_file() {
        Path file = directory.resolve("nowhere");

        assertThatThrownBy(() -> source(null, file))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining("no such file or directory");
    }

    @Test
    void hides_the_token_in_to_string() {
        assertThat(source("abc123", null).toString()).doesNotContain("abc123");
    }
}
