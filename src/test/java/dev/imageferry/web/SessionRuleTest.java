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
    void admits_a_session_to_its_end_and_no_second_longer() {
        List<String> session = List.of(RULE.begin());

        assertThat(RULE.admits(session)).isTrue();
        assertThat(at(NOW.plus(SessionRule.LIFE).minusSeconds(1), "s3cret").admits(session))
                .isTrue();
        assertThat(at(NOW.plus(SessionRule.LIFE), "s3cret").admits(session)).isFalse();
    }

    @Test
    void admits_what_another_daemon_with_the_same_token_began() {
        assertThat(at(NOW, "s3cret").admits(List.of(RULE.begin()))).isTrue();
        assertThat(at(NOW, "another").admits(List.of(RULE.begin()))).isFalse();
    }

    @Test
    void admits_no_session_whose_end_somebody_moved() {
        String session = RULE.begin();
        String proof = session.substring(session.indexOf('.'));
        long later = NOW.plus(SessionRule.LIFE).getEpochSecond() + 1;

        assertThat(RULE.admits(List.of(later + proof))).isFalse();
    }

    @Test
    void admits_no_session_with_any_character_of_its_proof_changed() {
        String session = RULE.begin();
        for (int i = session.indexOf('.') + 1; i < session.length() - 1; i++) {
            char other = session.charAt(i) == 'A' ? 'B' : 'A';
            assertThat(RULE.admits(List.of(session.substring(0, i) + other + session.substring(i + 1))))
                    .isFalse();
        }
    }

    @Test
    void one_good_session_among_others_is_enough() {
        assertThat(RULE.admits(List.of("", "stale", RULE.begin()))).isTrue();
        assertThat(RULE.admits(List.of("", "1.x", "99999999999999999999." + "A".repeat(43))))
                .isFalse();
        assertThat(RULE.admits(List.of())).isFalse();
    }

    @Test
    void without_a_token_there_are_no_sessions() {
        SessionRule none = SessionRule.of(Optional.empty(), InstantSource.fixed(NOW));

        assertThat(none.admits(List.of(RULE.begin()))).isFalse();
        assertThatThrownBy(none::begin).isInstanceOf(IllegalStateException.class);
    }

    private static SessionRule at(Instant time, String token) {
        return SessionRule.of(Optional.of(token), InstantSource.fixed(time));
    }
}
