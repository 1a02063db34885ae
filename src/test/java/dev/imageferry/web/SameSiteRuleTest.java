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
    void accepts_reads_from_any_site(String method) {
        assertThat(SameSiteRule.refusal(method, List.of("cross-site"), List.of("https://evil.example"), HOST))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST", "PUT", "PATCH", "DELETE", "TRACE", "get", "FOO"})
    void treats_all_other_methods_as_changes(String method) {
        assertThat(SameSiteRule.refusal(method, List.of("cross-site"), List.of(), HOST))
                .isPresent();
    }

    @Test
    void accepts_clients_that_are_not_browsers() {
        assertThat(SameSiteRule.refusal("POST", List.of(), List.of(), HOST)).isEmpty();
    }

    @Test
    void accepts_the_own_page() {
        assertThat(SameSiteRule.refusal("POST", List.of("same-origin"), List.of("http://localhost:8080"), HOST))
                .isEmpty();
        assertThat(SameSiteRule.refusal("POST", List.of(), List.of("https://LOCALHOST:8080"), HOST))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"cross-site", "same-site", "", "Same-Origin", "anything"})
    void refuses_other_sites_in_sec_fetch_site(String fetchSite) {
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
    void refuses_if_any_header_names_another_site() {
        assertThat(SameSiteRule.refusal("POST", List.of("same-origin", "cross-site"), List.of(), HOST))
                .isPresent();
        assertThat(SameSiteRule.refusal(
                        "POST", List.of("none"), List.of("http://localhost:8080", "https://evil.example"), HOST))
                .isPresent();
    }
}
