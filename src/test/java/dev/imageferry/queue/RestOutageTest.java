package dev.imageferry.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.job.JobState;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers of the REST API while PostgreSQL fails, and afterwards. */
@QuarkusTest
@TestProfile(QueueProfile.class)
@SuppressWarnings("NullAway.Init") // Quarkus sets the fields
class RestOutageTest extends OnPostgres {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    @Inject
    Connections connections;

    @TestHTTPResource("/")
    URI root;

    private final HttpClient client = HttpClient.newHttpClient();
    private UUID job;

    @BeforeEach
    void putJob() throws Exception {
        job = table.put("a.img.gz", JobState.READY);
    }

    @AfterEach
    void undo() throws Exception {
        table.execute("DROP TRIGGER IF EXISTS fails ON job");
        table.execute("ALTER ROLE imageferry RESET ALL");
        connections.renew();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "25006", "26000", "40001", "40P01", "42501", "42P01", "42P05", "53100", "53300", "55P03", "57014",
                "57P01", "58030", "08P01", "XX000"
            })
    void an_outage_is_a_503_with_retry_after_and_requests_succeed_afterwards(String state) throws Exception {
        table.execute("""
                CREATE OR REPLACE FUNCTION fails() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN RAISE EXCEPTION 'simulated failure' USING ERRCODE = '%s'; END $$""".formatted(state));
        table.execute("CREATE TRIGGER fails BEFORE UPDATE ON job FOR EACH ROW EXECUTE FUNCTION fails()");

        HttpResponse<String> answer = setPriority();

        if (state.equals("42P01")) {
            // the daemon does not run in this test
            assertUnavailable(answer, "starting");
        } else {
            assertUnavailable(answer);
        }
        table.execute("DROP TRIGGER fails ON job");
        assertThat(setPriority().statusCode()).isEqualTo(200);
    }

    @Test
    void a_statement_cancelled_during_a_lock_wait_is_a_503() throws Exception {
        try (Connection holder = source.getConnection();
                Statement statement = holder.createStatement()) {
            statement.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE");
            holder.setAutoCommit(false);
            statement.execute("LOCK TABLE job");
            CompletableFuture<HttpResponse<String>> answer =
                    client.sendAsync(request("GET", "api/v1/jobs", ""), HttpResponse.BodyHandlers.ofString());
            until(
                    "SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND state = 'active'");

            assertUnavailable(answer.get(LIMIT.toSeconds(), TimeUnit.SECONDS));
            holder.rollback();
        }
        assertThat(list().statusCode()).isEqualTo(200);
    }

    @Test
    void replaces_read_only_sessions_without_a_restart() throws Exception {
        onEachPooledSession("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY");

        HttpResponse<String> first = setPriority();

        assertUnavailable(first);
        assertEventually200();
    }

    @Test
    void does_not_inherit_settings_of_the_role() throws Exception {
        table.execute("CREATE SCHEMA IF NOT EXISTS elsewhere");
        for (String setting : List.of(
                "statement_timeout = '1ms'",
                "lock_timeout = 0",
                "idle_in_transaction_session_timeout = '1ms'",
                "default_transaction_isolation = serializable",
                "default_transaction_read_only = on",
                "synchronous_commit = off",
                "search_path = elsewhere")) {
            table.execute("ALTER ROLE imageferry SET " + setting);
        }
        connections.renew();
        awaitFreshSessions();

        assertThat(setPriority().statusCode()).isEqualTo(200);
        assertThat(list().body()).contains("a.img.gz");
        assertThat(List.of(
                        show("statement_timeout"),
                        show("lock_timeout"),
                        show("idle_in_transaction_session_timeout"),
                        show("transaction_isolation"),
                        show("transaction_read_only"),
                        show("synchronous_commit"),
                        show("search_path"),
                        show("client_encoding")))
                .containsExactly("1min", "10s", "1min", "read committed", "off", "on", "public", "UTF8");
    }

    private String show(String setting) throws Exception {
        return table.text("SELECT current_setting(?)", setting);
    }

    /** The pool replaces its sessions in the background. */
    private void awaitFreshSessions() throws Exception {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (!show("search_path").equals("public") || !show("lock_timeout").equals("10s") || isOld()) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    private boolean isOld() throws Exception {
        return table.number(
                        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'imageferry' AND pid <> pg_backend_pid()"
                                + " AND backend_start < (SELECT backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid())")
                > 0;
    }

    /** Takes several connections, to reach every session of the pool. */
    private void onEachPooledSession(String sql) throws Exception {
        List<Connection> taken = new ArrayList<>();
        try {
            for (int i = 0; i < 5; i++) {
                Connection connection = source.getConnection();
                taken.add(connection);
                try (Statement statement = connection.createStatement()) {
                    statement.execute(sql);
                }
            }
        } finally {
            for (Connection connection : taken) {
                connection.close();
            }
        }
    }

    private void until(String positive) throws Exception {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (table.number(positive) == 0) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    private void assertEventually200() throws Exception {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        HttpResponse<String> answer = setPriority();
        while (answer.statusCode() != 200) {
            assertUnavailable(answer);
            assertThat(System.nanoTime()).isLessThan(deadline);
            answer = setPriority();
        }
    }

    private static void assertUnavailable(HttpResponse<String> answer) {
        assertUnavailable(answer, "database-unavailable");
    }

    private static void assertUnavailable(HttpResponse<String> answer, String type) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(503);
        assertThat(answer.headers().firstValue("Retry-After")).isPresent();
        assertThat(answer.body()).contains("problem:" + type).doesNotContain("Exception", "simulated failure");
    }

    private HttpResponse<String> setPriority() throws Exception {
        return client.send(
                request("PATCH", "api/v1/jobs/" + job, "{\"priority\":7}"), HttpResponse.BodyHandlers.ofString());
    }

    private HttpResponse<String> list() throws Exception {
        return client.send(request("GET", "api/v1/jobs", ""), HttpResponse.BodyHandlers.ofString());
    }

    private HttpRequest request(String method, String path, String body) {
        return HttpRequest.newBuilder(root.resolve(path))
                .timeout(LIMIT)
                .header("Content-Type", "application/json")
                .method(method, HttpRequest.BodyPublishers.ofString(body))
                .build();
    }
}
