package dev.imageferry.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.imageferry.web.HostRule.Verdict;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class HostRuleTest {
    private static final HostRule LOOPBACK = HostRule.of(Optional.empty());

    @ParameterizedTest
    @ValueSource(
            strings = {
                "localhost",
                "localhost:8080",
                "LocalHost:1",
                "127.0.0.1",
                "127.0.0.1:65535",
                "[::1]",
                "[::1]:8080"
            })
    void accepts_loopback_names_with_any_port(String host) {
        assertThat(LOOPBACK.judge(List.of(host))).isInstanceOf(Verdict.Accepted.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "evil.example",
                "evil.example:8080",
                "localhost.evil.example",
                "127.0.0.1.nip.io",
                "localhost.",
                "[::2]",
                "0.0.0.0"
            })
    void refuses_other_names(String host) {
        assertThat(LOOPBACK.judge(List.of(host))).isInstanceOf(Verdict.NotListed.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                ":8080",
                "localhost:",
                "localhost:x",
                "localhost:123456",
                "user@localhost",
                "localhost@evil.example",
                "localhost/",
                "localhost, evil.example",
                "localhost evil.example",
                "http://localhost",
                "localhost#",
                "::1",
                "[::1",
                "[localhost]",
                "lócalhost",
                "localhost\n"
            })
    void refuses_malformed_hosts(String host) {
        assertThat(LOOPBACK.judge(List.of(host))).isInstanceOf(Verdict.Malformed.class);
    }

    @Test
    void refuses_a_request_without_a_host() {
        assertThat(LOOPBACK.judge(List.of())).isEqualTo(new Verdict.Malformed("The Host header is missing."));
    }

    @Test
    void refuses_two_equal_hosts() {
        assertThat(LOOPBACK.judge(List.of("localhost", "localhost"))).isInstanceOf(Verdict.Malformed.class);
    }

    @Test
    void configured_names_replace_the_loopback_names() {
        HostRule rule = HostRule.of(Optional.of(List.of("Ferry.example.org", " 10.0.0.7", "fd00::7")));

        assertThat(rule.judge(List.of("ferry.example.org:443")))
                .isEqualTo(new Verdict.Accepted("ferry.example.org:443"));
        assertThat(rule.judge(List.of("10.0.0.7"))).isInstanceOf(Verdict.Accepted.class);
        assertThat(rule.judge(List.of("[fd00::7]:8080"))).isInstanceOf(Verdict.Accepted.class);
        assertThat(rule.judge(List.of("localhost"))).isInstanceOf(Verdict.NotListed.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"*", "ferry.example.org:8080", "http://ferry.example.org", "", "a b"})
    void refuses_a_malformed_configured_name(String name) {
        assertThatThrownBy(() -> HostRule.of(Optional.of(List.of("localhost", name))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("imageferry.api.hosts")
                .hasMessageContaining("\"" + name + "\"");
    }
}
