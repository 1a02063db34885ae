package dev.imageferry.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.cli.Invocation.Result;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import mockwebserver3.MockResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the commands make of the answers of a daemon, and of none. */
class DaemonAnswersTest {
    private static final String SUMMARY = "GET /api/v1/summary";
    private static final String TOKEN = "s3cret";

    private ScriptedDaemon daemon;

    @BeforeEach
    void start() throws IOException {
        daemon = new ScriptedDaemon();
    }

    @AfterEach
    void stop() {
        daemon.close();
    }

    @Test
    void sends_the_token_of_the_environment() {
        Result result =
                Invocation.of(daemon).environment("IMAGEFERRY_API_TOKEN", TOKEN).run("status");

        assertThat(result.status()).isZero();
        assertThat(daemon.requests(SUMMARY))
                .singleElement()
                .satisfies(request ->
                        assertThat(request.getHeaders().get("Authorization")).isEqualTo("Bearer " + TOKEN));
        assertThat(result.out() + result.err()).doesNotContain(TOKEN);
    }

    @Test
    void sends_no_header_without_a_token() {
        Invocation.of(daemon).run("status");

        assertThat(daemon.requests(SUMMARY).getFirst().getHeaders().get("Authorization"))
                .isNull();
    }

    @Test
    void a_401_names_the_variable_and_not_the_token() {
        daemon.on(SUMMARY, ScriptedDaemon.problem(401, "unauthorized", "Send the header"));

        Result without = Invocation.of(daemon).run("status");
        Result wrong =
                Invocation.of(daemon).environment("IMAGEFERRY_API_TOKEN", TOKEN).run("status");

        assertThat(without.status()).isEqualTo(2);
        assertThat(without.err().lines())
                .singleElement()
                .asString()
                .contains("requires a token: set IMAGEFERRY_API_TOKEN");
        assertThat(wrong.status()).isEqualTo(2);
        assertThat(wrong.err())
                .contains("does not accept the token: set IMAGEFERRY_API_TOKEN")
                .doesNotContain(TOKEN);
    }

    @Test
    void a_token_that_no_header_can_carry_is_refused_and_not_printed() {
        Result result = Invocation.of(daemon)
                .environment("IMAGEFERRY_API_TOKEN", "s3\ncret")
                .run("status");

        assertThat(result.status()).isEqualTo(2);
        assertThat(result.err()).contains("IMAGEFERRY_API_TOKEN").doesNotContain("s3", "cret");
        assertThat(daemon.requests()).isEmpty();
    }

    @Test
    void a_daemon_that_is_away_is_one_line_with_url_and_remedy_and_status_3() throws IOException {
        String url;
        try (ServerSocket unused = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            url = "http://127.0.0.1:" + unused.getLocalPort();
        }

        Result result = new Invocation().environment("IMAGEFERRY_URL", url).run("status");

        assertThat(result.status()).isEqualTo(3);
        assertThat(result.err())
                .isEqualTo("imageferry: No answer from a daemon at " + url
                        + " (Connection refused): start it, or set IMAGEFERRY_URL\n");
    }

    @ParameterizedTest
    @CsvSource({
        "400, bad-parameter, 2",
        "404, no-such-job, 1",
        "409, not-allowed-now, 1",
        "421, host-not-listed, 2",
        "503, database-unavailable, 3"
    })
    void a_problem_is_shown_by_its_detail(int status, String name, int expected) {
        daemon.on(SUMMARY, ScriptedDaemon.problem(status, name, "The reason\u001b."));

        Result result = Invocation.of(daemon).run("status");

        assertThat(result.status()).isEqualTo(expected);
        assertThat(result.err()).isEqualTo("imageferry: The reason?.\n");
    }

    @ParameterizedTest
    @CsvSource({"200, 2", "301, 2", "404, 2", "502, 3"})
    void the_page_of_something_else_asks_to_check_the_url(int status, int expected) {
        daemon.on(
                SUMMARY,
                new MockResponse.Builder()
                        .code(status)
                        .addHeader("Location", "http://elsewhere.example/")
                        .body("<html>")
                        .build());

        Result result = Invocation.of(daemon).run("status");

        assertThat(result.status()).isEqualTo(expected);
        assertThat(result.err()).contains("with the status " + status, "check IMAGEFERRY_URL");
        assertThat(daemon.requests()).hasSize(1);
    }

    @Test
    void a_path_in_the_url_stands_before_the_path_of_the_call() {
        daemon.on("GET /ferry/api/v1/summary", ScriptedDaemon.json(200, "{}"));

        Invocation invocation = new Invocation().environment("IMAGEFERRY_URL", daemon.url() + "ferry");

        assertThat(invocation.run("status").status()).isZero();
        assertThat(invocation
                        .environment("IMAGEFERRY_URL", daemon.url() + "ferry/")
                        .run("status")
                        .status())
                .isZero();
    }

    @ParameterizedTest
    @CsvSource({"localhost:8080", "ftp://localhost", "http://localhost?x=1"})
    void a_bad_url_is_a_wrong_call(String url) {
        Result result = new Invocation().environment("IMAGEFERRY_URL", url).run("status");

        assertThat(result.status()).isEqualTo(2);
        assertThat(result.err()).contains("Bad value IMAGEFERRY_URL=" + url);
    }

    @Test
    void a_password_in_the_url_is_refused_and_not_printed() {
        Result result = new Invocation()
                .environment("IMAGEFERRY_URL", "http://me:s3cret@localhost")
                .run("status");

        assertThat(result.status()).isEqualTo(2);
        assertThat(result.err()).contains("IMAGEFERRY_URL must not contain").doesNotContain(TOKEN);
    }
}
