package dev.imageferry.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SameSiteRuleTest {
    private static final String HOST = "localhost:8080";

    @ParameterizedTest
    @ValueSource(strings = {"GET", "HEAD", "OPTIONS"})
    void lets_reading_through_from_anywhere(String method) {
        assertThat(SameSiteRule.refusal(method, List.of("cross-site"), List.of("https://evil.example"), HOST))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST", "PUT", "PATCH", "DELETE", "TRACE", "get", "FOO"})
    void takes_every_other_method_for_a_change(String method) {
        assertThat(SameSiteRule.refusal(method, List.of("cross-site"), List.of(), HOST))
                .isPresent();
    }

    @Test
    void lets_clients_through_that_are_no_browsers() {
        assertThat(SameSiteRule.refusal("POST", List.of(), List.of(), HOST)).isEmpty();
    }

    @Test
    void lets_the_own_page_through() {
        assertThat(SameSiteRule.refusal("POST", List.of("same-origin"), List.of("http://localhost:8080"), HOST))
                .isEmpty();
        assertThat(SameSiteRule.refusal("POST", List.of(), List.of("https://LOCALHOST:8080"), HOST))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"cross-site", "same-site", "", "Same-Origin", "anything"})
    void refuses_what_the_browser_says_is_from_elsewhere(String fetchSite) {
        assertThat(SameSiteRule.refusal("POST", List.of(fetchSite), List.of(), HOST))
                .hasValueSatisfying(reason -> assertThat(reason).contains("Sec-Fetch-Site"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "null",
                "",
                "https://evil.example",
                "http://localhost",
                "http://localhost:3000",
                "http://localhost:8080.evil.example",
                "http://evil.example/localhost:8080",
                "http://user@localhost:8080",
                "file://localhost:8080"
            })
    void refuses_another_origin(String origin) {
        assertThat(SameSiteRule.refusal("POST", List.of(), List.of(origin), HOST))
                .hasValueSatisfying(reason -> assertThat(reason).contains("Origin"));
    }

    @Test
    void one_good_header_does_not_outweigh_a_bad_one() {
        assertThat(SameSiteRule.refusal("POST", List.of("same-origin", "cross-site"), List.of(), HOST))
                .isPresent();
        assertThat(SameSiteRule.refusal(
                        "POST", List.of("none"), List.of("http://localhost:8080", "https://evil.example"), HOST))
                .isPresent();
    }
}
