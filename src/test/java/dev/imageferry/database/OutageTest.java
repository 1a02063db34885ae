package dev.imageferry.database;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.transaction.RollbackException;
import java.io.IOException;
import java.sql.BatchUpdateException;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

final class OutageTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            08001 | connection refused                                        | does not answer
            08006 | An I/O error occurred while sending to the backend        | does not answer
            08P01 | unsupported startup parameter: search_path                | ignore_startup_parameters
            08P01 | bind message supplies 3 parameters, but prepared statement "S_1" requires 1 | prepareThreshold=0
            0A000 | cached plan must not change result type                   | does not answer
            25006 | cannot execute UPDATE in a read-only transaction          | targetServerType=primary
            25P02 | current transaction is aborted                            | does not answer
            26000 | prepared statement "S_1" does not exist                   | prepareThreshold=0
            28000 | no pg_hba.conf entry                                      | pg_hba.conf
            28P01 | password authentication failed                            | quarkus.datasource.password
            3D000 | database "x" does not exist                               | create it
            3F000 | no schema has been selected to create in                  | currentSchema
            40001 | could not serialize access due to concurrent update       | conflict
            40P01 | deadlock detected                                         | conflict
            42501 | permission denied for table job                           | GRANT
            42P01 | relation "job" does not exist                             | currentSchema
            42P05 | prepared statement "S_1" already exists                   | prepareThreshold=0
            53100 | could not extend file: No space left on device            | free some space
            53300 | sorry, too many clients already                           | max_connections
            54000 | out of shared limits                                      | does not answer
            55P03 | canceling statement due to lock timeout                   | pg_locks
            57014 | canceling statement due to statement timeout              | too slow
            57P01 | terminating connection due to administrator command       | does not answer
            57P03 | the database system is starting up                        | does not answer
            57P05 | terminating connection due to idle-session timeout        | does not answer
            58030 | could not write block: Input/output error                 | check its log and its disk
            XX000 | could not open file                                       | does not answer
            XX001 | invalid page in block 3                                   | does not answer
            ''    | Acquisition timeout while waiting for new connection      | does not answer
            """)
    void recognises_wrapped_outages_and_reports_what_to_do(String state, String message, String remedy) {
        Throwable failure = new IllegalStateException(new RuntimeException(new SQLException(message, state)));

        assertThat(Outage.of(failure))
                .hasValueSatisfying(reason -> assertThat(reason).contains(message, remedy));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "22001", "22003", "22021", "22P02", "22P05", "23502", "23503", "23505", "23514", "42601", "42703",
                "42804", "42883", "42P02", "42P07", "42P10", "42P18"
            })
    void a_wrong_statement_is_not_an_outage(String state) {
        assertThat(Outage.of(new RuntimeException(new SQLException("wrong", state))))
                .isEmpty();
    }

    /** A login with a time zone that an old PostgreSQL does not know, such as America/Coyhaique, fails with an error of class 22. */
    @Test
    void a_failed_login_is_an_outage_whatever_its_error_class() {
        assertThat(Outage.of(said("FATAL", "22023", "invalid value for parameter \"TimeZone\": \"America/Coyhaique\"")))
                .hasValueSatisfying(reason -> assertThat(reason).contains("-Duser.timezone=UTC"));
        assertThat(Outage.of(said("ERROR", "22023", "invalid value for parameter \"TimeZone\": \"x\"")))
                .isEmpty();
    }

    @Test
    void a_pool_without_connections_is_an_outage() {
        assertThat(Outage.of(new RuntimeException(new SQLException("Acquisition timeout"))))
                .isPresent();
        assertThat(Outage.of(new SQLTransientConnectionException("no", "99999")))
                .isPresent();
        assertThat(Outage.of(new SQLException((String) null)))
                .hasValueSatisfying(reason -> assertThat(reason).doesNotContain("null"));
    }

    @Test
    void finds_an_outage_among_suppressed_exceptions() {
        RuntimeException rollback = new RuntimeException("rolled back");
        rollback.addSuppressed(new SQLException("gone", "08006"));

        assertThat(Outage.of(new IllegalStateException(rollback))).isPresent();
    }

    @Test
    void finds_an_outage_in_later_exceptions_of_a_batch() {
        BatchUpdateException batch = new BatchUpdateException("batch entry 0 was aborted", "23505", new int[0]);
        batch.setNextException(new SQLException("deadlock detected", "40P01"));

        assertThat(Outage.of(batch))
                .hasValueSatisfying(reason -> assertThat(reason).contains("deadlock"));
    }

    @Test
    void a_transaction_that_failed_by_a_wrong_statement_is_not_an_outage() {
        SQLException wrong = new SQLException("column does not exist", "42703");
        wrong.addSuppressed(new SQLException("current transaction is aborted", "25P02"));

        assertThat(Outage.of(wrong)).isEmpty();
    }

    @Test
    void a_transaction_timeout_while_the_process_was_suspended_is_an_outage() {
        assertThat(Outage.of(new RuntimeException(new RollbackException("Could not commit transaction."))))
                .isPresent();
    }

    @Test
    void a_refused_commit_is_not_an_outage() {
        RollbackException refused = new RollbackException("Could not commit transaction.");
        refused.initCause(new RuntimeException(new SQLException("duplicate key", "23505")));

        assertThat(Outage.of(new RuntimeException(refused))).isEmpty();
    }

    @Test
    void handles_circular_causes() {
        RuntimeException first = new RuntimeException("first");
        RuntimeException second = new RuntimeException("second", first);
        first.initCause(second);

        assertThat(Outage.of(first)).isEmpty();
    }

    @Test
    void failures_without_the_database_are_not_outages() {
        assertThat(Outage.of(new RuntimeException(new IOException("disk")))).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "25006, true",
        "26000, true",
        "42P05, true",
        "0A000, true",
        "42P01, true",
        "42501, true",
        "40001, false",
        "55P03, false",
        "57014, false",
        "23505, false"
    })
    void needs_new_sessions_when_the_current_one_stays_unusable(String state, boolean fresh) {
        assertThat(Outage.needsFreshSessions(new RuntimeException(new SQLException("no", state))))
                .isEqualTo(fresh);
    }

    private static PSQLException said(String severity, String state, String message) {
        return new PSQLException(new ServerErrorMessage("S" + severity + "\0C" + state + "\0M" + message + "\0"));
    }
}
