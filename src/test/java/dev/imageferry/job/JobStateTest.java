package dev.imageferry.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class JobStateTest {
    private static final Pattern ROW = Pattern.compile("(?m)^\\| `([A-Z]+)` \\|[^|]*\\|([^|]*)\\|$");
    private static final Pattern STATE = Pattern.compile("`([A-Z]+)`");

    @Test
    void documented_transitions_match_the_code() throws IOException {
        Map<JobState, Set<JobState>> documented = new EnumMap<>(JobState.class);
        ROW.matcher(Files.readString(Path.of("docs/rest-api.md"))).results().forEach(row -> {
            Set<JobState> next = new HashSet<>();
            STATE.matcher(row.group(2)).results().map(JobStateTest::state).forEach(next::add);
            documented.put(state(row), next);
        });

        Map<JobState, Set<JobState>> coded = new EnumMap<>(JobState.class);
        for (JobState state : JobState.values()) {
            coded.put(state, state.successors());
        }
        assertThat(documented).isEqualTo(coded);
    }

    private static JobState state(MatchResult match) {
        return JobState.valueOf(match.group(1));
    }

    @ParameterizedTest
    @EnumSource
    void claim_is_an_allowed_transition(JobState state) {
        state.requireSuccessor(state.claimed());
    }

    @ParameterizedTest
    @EnumSource
    void every_unfinished_state_can_be_cancelled(JobState state) {
        assertThat(state.successors().contains(JobState.CANCELLED)).isEqualTo(!state.isEnd());
    }
}
