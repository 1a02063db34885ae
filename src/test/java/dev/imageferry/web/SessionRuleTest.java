package dev.imageferry.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class SessionRuleTest {
    private static final Instant NOW = Instant.parse("2026-11-24T04:12:31Z");
    private static final SessionRule RULE = at(NOW, "s3cret");

    @Test
    void admits_a_session_until_it_expires() {
        List<String> session = List.of(RULE.start());

        assertThat(RULE.admits(session)).isTrue();
        assertThat(at(NOW.plus(SessionRule.LIFE).minusSeconds(1), "s3cret").admits(session))
                .isTrue();
        assertThat(at(NOW.plus(SessionRule.LIFE), "s3cret").admits(session)).isFalse();
    }

    @Test
    void admits_a_session_of_another_daemon_with_the_same_token() {
        assertThat(at(NOW, "s3cret").admits(List.of(RULE.start()))).isTrue();
        assertThat(at(NOW, "another").admits(List.of(RULE.start()))).isFalse();
    }

    @Test
    void refuses_a_session_with_a_changed_expiry() {
        String session = RULE.start();
        String signature = session.substring(session.indexOf('.'));
        long later = NOW.plus(SessionRule.LIFE).getEpochSecond() + 1;

        assertThat(RULE.admits(List.of(later + signature))).isFalse();
    }

    @Test
    void refuses_a_session_with_a_changed_signature() {
        String session = RULE.start();
        for (int i = session.indexOf('.') + 1; i < session.length() - 1; i++) {
            char other = session.charAt(i) == 'A' ? 'B' : 'A';
            assertThat(RULE.admits(List.of(session.substring(0, i) + other + session.substring(i + 1))))
                    .isFalse();
        }
    }

    @Test
    void admits_if_any_cookie_is_valid() {
        assertThat(RULE.admits(List.of("", "stale", RULE.start()))).isTrue();
        assertThat(RULE.admits(List.of("", "1.x", "99999999999999999999." + "A".repeat(43))))
                .isFalse();
        assertThat(RULE.admits(List.of())).isFalse();
    }

    @Test
    void has_no_sessions_without_a_token() {
        SessionRule none = SessionRule.of(Optional.empty(), InstantSource.fixed(NOW));

        assertThat(none.admits(List.of(RULE.start()))).isFalse();
        assertThatThrownBy(none::start).isInstanceOf(IllegalStateException.class);
    }

    private static SessionRule at(Instant time, String token) {
        return SessionRule.of(Optional.of(token), InstantSource.fixed(time));
    }
}
