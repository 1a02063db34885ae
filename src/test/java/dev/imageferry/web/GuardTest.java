package dev.imageferry.web;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@link RequestGuard} over raw sockets, because client libraries do not send such requests. */
@QuarkusTest
@TestProfile(StagedProfile.Guarded.class)
@SuppressWarnings("NullAway.Init") // Quarkus sets the field
class GuardTest {
    private static final String HOST = "Host: ferry.example.org";
    private static final String BEARER = "Authorization: Bearer " + StagedProfile.TOKEN;

    @TestHTTPResource("/")
    URI root;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "/jobs/00000000-0000-0000-0000-000000000000",
                "/login",
                "/page/main.js",
                "/api/v1/jobs",
                "/api/v1/nothing",
                "/q/openapi",
                "/q/healthy",
                "/nothing"
            })
    void refuses_other_hosts_on_every_path(String path) throws Exception {
        RawHttp.Answer answer = RawHttp.send(root.getPort(), "GET " + path + " HTTP/1.1", "Host: evil.example", BEARER);

        assertProblem(answer, 421, "host-not-listed");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/q/health", "/q/health/live", "/q/health/ready", "/q/metrics"})
    void health_and_metrics_accept_any_host_and_need_no_token(String path) throws Exception {
        assertThat(RawHttp.send(root.getPort(), "GET " + path + " HTTP/1.1", "Host: 10.42.0.17:8080")
                        .status())
                .isEqualTo(200);
    }

    @Test
    void refuses_a_request_without_host() throws Exception {
        RawHttp.Answer answer = RawHttp.send(root.getPort(), "GET /api/v1/jobs HTTP/1.1", BEARER);

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.header("Content-Type")).containsExactly(ApiProblem.MEDIA_TYPE);
        assertThat(answer.body()).doesNotContain("stack", "Exception");
    }

    @Test
    void refuses_two_hosts() throws Exception {
        assertProblem(RawHttp.send(root.getPort(), "GET /api/v1/jobs HTTP/1.1", HOST, HOST, BEARER), 400, "bad-host");
        assertThat(RawHttp.send(root.getPort(), "GET /api/v1/jobs HTTP/1.1", HOST, "Host: evil.example", BEARER)
                        .status())
                .isEqualTo(400);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "user@ferry.example.org",
                "ferry.example.org/x",
                "ferry.example.org:99999999",
                "ferry.example.org evil",
                "",
                "[::1",
                "http://ferry.example.org"
            })
    void refuses_a_malformed_host(String host) throws Exception {
        RawHttp.Answer answer = RawHttp.send(root.getPort(), "GET /api/v1/jobs HTTP/1.1", "Host: " + host, BEARER);

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.header("Content-Type")).containsExactly(ApiProblem.MEDIA_TYPE);
    }

    @Test
    void checks_the_host_header_even_with_an_absolute_request_target() throws Exception {
        assertProblem(
                RawHttp.send(
                        root.getPort(),
                        "GET http://ferry.example.org/api/v1/jobs HTTP/1.1",
                        "Host: evil.example",
                        BEARER),
                421,
                "host-not-listed");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Sec-Fetch-Site: cross-site",
                "Sec-Fetch-Site: same-site",
                "Origin: https://evil.example",
                "Origin: null",
                "Origin: http://ferry.example.org:3000"
            })
    void refuses_a_cross_site_change_even_with_the_token(String header) throws Exception {
        for (String method : new String[] {"POST", "PUT", "PATCH", "DELETE"}) {
            assertProblem(
                    RawHttp.send(
                            root.getPort(),
                            method + " /api/v1/echo HTTP/1.1",
                            HOST,
                            BEARER,
                            header,
                            "Content-Length: 0"),
                    403,
                    "cross-site");
        }
    }

    @Test
    void accepts_a_change_from_the_page_or_a_script() throws Exception {
        String[] body = {"Content-Type: application/json", "Content-Length: 0"};
        assertThat(RawHttp.send(root.getPort(), "POST /api/v1/echo HTTP/1.1", HOST, BEARER, body[0], body[1])
                        .status())
                .isNotIn(401, 403, 421);
        assertThat(RawHttp.send(
                                root.getPort(),
                                "POST /api/v1/echo HTTP/1.1",
                                HOST,
                                BEARER,
                                "Origin: https://ferry.example.org",
                                "Sec-Fetch-Site: same-origin",
                                body[0],
                                body[1])
                        .status())
                .isNotIn(401, 403, 421);
    }

    @Test
    void answers_a_cross_site_read_without_cors_headers() throws Exception {
        RawHttp.Answer answer = RawHttp.send(
                root.getPort(),
                "GET /api/v1/jobs HTTP/1.1",
                HOST,
                BEARER,
                "Origin: https://evil.example",
                "Sec-Fetch-Site: cross-site");

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.header("Access-Control-Allow-Origin")).isEmpty();
        assertThat(answer.header("Cross-Origin-Resource-Policy")).containsExactly("same-origin");
    }

    @ParameterizedTest
    @CsvSource({
        "GET,/api/v1/jobs",
        "GET,/api/v1/summary",
        "GET,/api/v1/drop",
        "GET,/api/v1/nothing",
        "GET,/q/openapi",
        "GET,/q/healthy",
        "GET,/q/metrics/x",
        "GET,/index.html",
        "GET,/jobs",
        "GET,/page/../api/v1/jobs",
        "GET,/jobs/../api/v1/jobs",
        "GET,/page/%2e%2e/api/v1/jobs",
        "GET,//api/v1/jobs",
        "GET,/q/health/../../api/v1/jobs",
        "GET,/q/health/%2e%2e/%2e%2e/api/v1/jobs",
        "GET,/API/v1/jobs",
        "GET,/api/v1/jobs;/q/health",
        "HEAD,/api/v1/jobs",
        "OPTIONS,/api/v1/jobs",
        "POST,/page/main.js",
        "POST,/",
        "PUT,/login",
        "POST,/login/x"
    })
    void everything_else_requires_the_token(String method, String path) throws Exception {
        RawHttp.Answer answer = RawHttp.send(root.getPort(), method + " " + path + " HTTP/1.1", HOST);

        assertThat(answer.status()).isEqualTo(401);
        assertThat(answer.header("WWW-Authenticate")).containsExactly("Bearer realm=\"imageferry\"");
        if (!method.equals("HEAD")) {
            assertProblem(answer, 401, "unauthorized");
        }
        assertThat(answer.body()).doesNotContain(StagedProfile.TOKEN);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Authorization: Bearer wrong",
                "Authorization: Basic dDBrZW4=",
                "Cookie: token=" + StagedProfile.TOKEN,
                "Cookie: imageferry-session=" + StagedProfile.TOKEN,
                "Cookie: imageferry-session=9999999999.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
            })
    void refuses_other_credentials(String header) throws Exception {
        assertProblem(RawHttp.send(root.getPort(), "GET /api/v1/jobs HTTP/1.1", HOST, header), 401, "unauthorized");
        assertProblem(
                RawHttp.send(root.getPort(), "GET /api/v1/jobs?token=" + StagedProfile.TOKEN + " HTTP/1.1", HOST),
                401,
                "unauthorized");
    }

    @Test
    void accepts_the_token() throws Exception {
        assertThat(RawHttp.send(root.getPort(), "GET /api/v1/jobs HTTP/1.1", HOST, BEARER)
                        .status())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/page/main.js", "/page/style.css"})
    void static_files_of_the_page_need_no_token(String path) throws Exception {
        assertThat(RawHttp.send(root.getPort(), "GET " + path + " HTTP/1.1", HOST)
                        .status())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/?file=a", "/jobs/00000000-0000-0000-0000-000000000000", "/login"})
    void a_page_without_session_shows_only_the_log_in_form(String path) throws Exception {
        RawHttp.Answer answer = RawHttp.send(root.getPort(), "GET " + path + " HTTP/1.1", HOST);

        assertThat(answer.status()).isEqualTo(401);
        assertThat(answer.header("Content-Type")).containsExactly(LogInResource.HTML);
        assertThat(answer.body())
                .contains("action=\"/login\"", "type=\"password\"")
                .doesNotContain(StagedProfile.TOKEN, "main.js", "&lt;script&gt;.img");
    }

    @Test
    void log_in_starts_a_session_for_page_and_rest() throws Exception {
        RawHttp.Answer answer = logIn("token=" + StagedProfile.TOKEN + "&to=%2F%3Ffile%3Da");

        assertThat(answer.status()).isEqualTo(303);
        assertThat(answer.header("Location")).containsExactly("/?file=a");
        String cookie = answer.header("Set-Cookie").getFirst();
        assertThat(cookie)
                .startsWith("imageferry-session=")
                .contains("; Path=/", "; Max-Age=43200", "; HTTPOnly", "; SameSite=Strict")
                .doesNotContain("Secure", StagedProfile.TOKEN);
        String session = "Cookie: other=1; " + cookie.substring(0, cookie.indexOf(';'));
        for (String path : new String[] {"/", "/api/v1/jobs", "/q/openapi"}) {
            assertThat(RawHttp.send(root.getPort(), "GET " + path + " HTTP/1.1", HOST, session)
                            .status())
                    .as(path)
                    .isEqualTo(200);
        }
        assertProblem(
                RawHttp.send(
                        root.getPort(),
                        "POST /api/v1/echo HTTP/1.1",
                        HOST,
                        session,
                        "Sec-Fetch-Site: same-site",
                        "Content-Length: 0"),
                403,
                "cross-site");
    }

    @Test
    void log_in_over_tls_sets_a_secure_cookie() throws Exception {
        assertThat(logIn("token=" + StagedProfile.TOKEN, "Origin: https://ferry.example.org")
                        .header("Set-Cookie"))
                .singleElement()
                .asString()
                .contains("; Secure");
    }

    @ParameterizedTest
    @ValueSource(strings = {"token=wrong", "token=", "", "token=t0ken-of-the-tes", "token=T0KEN-OF-THE-TEST"})
    void a_wrong_token_shows_the_form_again_without_a_session(String body) throws Exception {
        RawHttp.Answer answer = logIn(body);

        assertThat(answer.status()).isEqualTo(401);
        assertThat(answer.header("Set-Cookie")).isEmpty();
        assertThat(answer.body()).contains("Wrong token.", "action=\"/login\"");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https%3A%2F%2Fevil.example",
                "%2F%2Fevil.example",
                "%2F%5Cevil.example",
                "%2Fapi",
                "%2F%0D%0AX%3A1"
            })
    void log_in_does_not_redirect_to_other_sites(String to) throws Exception {
        assertThat(logIn("token=" + StagedProfile.TOKEN + "&to=" + to).header("Location"))
                .containsExactly("/");
    }

    @Test
    void refuses_cross_site_log_in_and_log_out() throws Exception {
        assertProblem(logIn("token=" + StagedProfile.TOKEN, "Origin: https://evil.example"), 403, "cross-site");
        assertProblem(
                RawHttp.send(
                        root.getPort(),
                        "POST /logout HTTP/1.1",
                        HOST,
                        "Sec-Fetch-Site: cross-site",
                        "Content-Length: 0"),
                403,
                "cross-site");
    }

    @Test
    void log_out_deletes_the_session_cookie() throws Exception {
        RawHttp.Answer answer = RawHttp.send(root.getPort(), "POST /logout HTTP/1.1", HOST, "Content-Length: 0");

        assertThat(answer.status()).isEqualTo(303);
        assertThat(answer.header("Set-Cookie"))
                .singleElement()
                .asString()
                .startsWith("imageferry-session=;")
                .contains("Max-Age=0");
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.21", "127.0.0.22"})
    void throttles_wrong_tokens_of_one_address_only(String address) throws Exception {
        List<RawHttp.Answer> answers = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            answers.add(
                    address.endsWith("1")
                            ? RawHttp.sendFrom(
                                    address,
                                    root.getPort(),
                                    List.of("GET /api/v1/jobs HTTP/1.1", HOST, "Authorization: Bearer wrong" + i),
                                    "")
                            : RawHttp.sendFrom(
                                    address, root.getPort(), logInLines("token=wrong" + i), "token=wrong" + i));
        }

        assertThat(answers).extracting(RawHttp.Answer::status).containsOnly(401, 429);
        // more than the burst, because the allowance grows with time
        assertThat(answers).filteredOn(answer -> answer.status() == 401).hasSizeBetween(WrongTokens.BURST, 100);
        RawHttp.Answer last = answers.getLast();
        assertThat(last.status()).isEqualTo(429);
        assertThat(last.header("Retry-After")).singleElement().asString().matches("[1-9]");
        assertThat(last.body()).contains("oo many wrong tokens");
        assertThat(RawHttp.send(root.getPort(), "GET /api/v1/jobs HTTP/1.1", HOST, BEARER)
                        .status())
                .isEqualTo(200);
        // existing sessions are not affected
        String cookie =
                logIn("token=" + StagedProfile.TOKEN).header("Set-Cookie").getFirst();
        assertThat(RawHttp.sendFrom(
                                address,
                                root.getPort(),
                                List.of(
                                        "GET /api/v1/jobs HTTP/1.1",
                                        HOST,
                                        "Cookie: " + cookie.substring(0, cookie.indexOf(';'))),
                                "")
                        .status())
                .isEqualTo(200);
    }

    private static List<String> logInLines(String body) {
        return List.of(
                "POST /login HTTP/1.1",
                HOST,
                "Content-Type: application/x-www-form-urlencoded",
                "Content-Length: " + body.length());
    }

    private RawHttp.Answer logIn(String body, String... headers) throws Exception {
        List<String> lines = new ArrayList<>(logInLines(body));
        lines.addAll(List.of(headers));
        return RawHttp.send(root.getPort(), lines, body);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/%zz", "/api/v1/%", "*", "api"})
    void refuses_a_malformed_path(String path) throws Exception {
        assertThat(RawHttp.send(root.getPort(), "GET " + path + " HTTP/1.1", HOST, BEARER)
                        .status())
                .isBetween(400, 404);
    }

    private static void assertProblem(RawHttp.Answer answer, int status, String type) {
        assertThat(answer.status()).isEqualTo(status);
        assertThat(answer.header("Content-Type")).containsExactly(ApiProblem.MEDIA_TYPE);
        assertThat(answer.header("X-Content-Type-Options")).containsExactly("nosniff");
        assertThat(answer.body()).contains("\"urn:imageferry:problem:" + type + "\"", "\"status\":" + status);
    }
}
