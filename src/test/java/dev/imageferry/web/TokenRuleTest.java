package dev.imageferry.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TokenRuleTest {
    private static final TokenRule RULE = TokenRule.of(Optional.of("s3cret"));

    @Test
    void admits_everything_if_no_token_is_set() {
        assertThat(TokenRule.of(Optional.empty()).admits(List.of())).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"Bearer s3cret", "bearer s3cret", "Bearer  s3cret "})
    void admits_the_token(String authorization) {
        assertThat(RULE.admits(List.of(authorization))).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "Bearer",
                "Bearer ",
                "s3cret",
                "Bearer s3cre",
                "Bearer s3crets",
                "Bearer S3CRET",
                "Basic s3cret",
                "Bearers3cret"
            })
    void admits_nothing_else(String authorization) {
        assertThat(RULE.admits(List.of(authorization))).isFalse();
    }

    @Test
    void refuses_no_header_and_two_headers() {
        assertThat(RULE.admits(List.of())).isFalse();
        assertThat(RULE.admits(List.of("Bearer s3cret", "Bearer s3cret"))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {" ", "two words", "schlüssel", "line\nbreak"})
    void refuses_an_unsendable_token_without_repeating_it(String token) {
        assertThatThrownBy(() -> TokenRule.of(Optional.of(token)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("imageferry.api.token")
                .message()
                .doesNotContain("words", "schl", "break");
    }
}
