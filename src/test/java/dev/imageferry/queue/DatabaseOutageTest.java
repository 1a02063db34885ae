package dev.imageferry.queue;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.transaction.RollbackException;
import java.io.IOException;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class DatabaseOutageTest {
    @ParameterizedTest
    @ValueSource(strings = {"08001", "08006", "57P01", "57P03", "53300", "25006"})
    void sees_an_outage_through_all_wrappers(String state) {
        assertThat(DatabaseOutage.of(new IllegalStateException(new RuntimeException(new SQLException("gone", state)))))
                .isPresent();
    }

    @ParameterizedTest
    @ValueSource(strings = {"42P01", "22P05", "23505", "57014"})
    void does_not_take_a_wrong_statement_for_an_outage(String state) {
        assertThat(DatabaseOutage.of(new RuntimeException(new SQLException("wrong", state))))
                .isEmpty();
    }

    @Test
    void sees_a_pool_without_connections() {
        assertThat(DatabaseOutage.of(new RuntimeException(new SQLException("Acquisition timeout"))))
                .isPresent();
        assertThat(DatabaseOutage.of(new SQLTransientConnectionException("no", "99999")))
                .isPresent();
    }

    @Test
    void sees_an_outage_that_was_suppressed() {
        RuntimeException rollback = new RuntimeException("rolled back");
        rollback.addSuppressed(new SQLException("gone", "08006"));

        assertThat(DatabaseOutage.of(new IllegalStateException(rollback))).isPresent();
    }

    @Test
    void sees_a_transaction_whose_time_was_up_while_the_process_stood_still() {
        assertThat(DatabaseOutage.of(new RuntimeException(new RollbackException("Could not commit transaction."))))
                .isPresent();
    }

    @Test
    void does_not_take_a_commit_that_was_refused_for_an_outage() {
        RollbackException refused = new RollbackException("Could not commit transaction.");
        refused.initCause(new RuntimeException(new SQLException("duplicate key", "23505")));

        assertThat(DatabaseOutage.of(new RuntimeException(refused))).isEmpty();
    }

    @Test
    void does_not_loop_over_exceptions_that_cause_each_other() {
        RuntimeException first = new RuntimeException("first");
        RuntimeException second = new RuntimeException("second", first);
        first.initCause(second);

        assertThat(DatabaseOutage.of(first)).isEmpty();
    }

    @Test
    void takes_other_failures_for_what_they_are() {
        assertThat(DatabaseOutage.of(new RuntimeException(new IOException("disk"))))
                .isEmpty();
    }
}
