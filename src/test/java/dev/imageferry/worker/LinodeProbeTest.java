package dev.imageferry.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.SettableClock;
import dev.imageferry.daemon.LogCapture;
import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.Problem;
import dev.imageferry.linode.Answer;
import dev.imageferry.linode.Cause;
import dev.imageferry.linode.CreatedImage;
import dev.imageferry.linode.HttpLinodeImages;
import dev.imageferry.linode.LinodeSettings;
import dev.imageferry.linode.NewImage;
import dev.imageferry.linode.TokenSource;
import dev.imageferry.simulator.Fault;
import dev.imageferry.simulator.Operation;
import dev.imageferry.simulator.SimulatedLinode;
import dev.imageferry.simulator.SimulatorOptions;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which failures close a gate, against the simulated Linode and scripted answers of proxies. */
class LinodeProbeTest {
    private static final NewImage IMAGE = new NewImage("debian-12", "us-ord", "", false, List.of());

    private final SimulatedLinode linode = SimulatedLinode.start(SimulatorOptions.forTests());
    private final SettableClock clock = new SettableClock();
    private final Gates gates = new Gates(clock, clock);
    private final HttpLinodeImages images = new HttpLinodeImages(
            linode.uri(),
            new TokenSource(new Settings(Optional.of(linode.token()), Optional.empty(), linode.uri())),
            "1.2.3",
            clock,
            new SimpleMeterRegistry());
    private final LinodeProbe probe = new LinodeProbe(images, gates);

    record Settings(Optional<String> token, Optional<Path> tokenFile, URI url) implements LinodeSettings {}

    @AfterEach
    void stop() {
        linode.close();
    }

    private static dev.imageferry.simulator.Answer page(int status) {
        return dev.imageferry.simulator.Answer.of(status, "<html><h1>" + status + "</h1></html>")
                .header("Content-Type", "text/html");
    }

    private static dev.imageferry.simulator.Answer error(int status, String reason) {
        return dev.imageferry.simulator.Answer.error(status, reason);
    }

    private Problem refusedCreate() throws InterruptedException {
        Answer<CreatedImage> answer = images.create(IMAGE);
        assertThat(answer).isInstanceOf(Answer.Refused.class);
        return probe.judge((Answer.Refused<CreatedImage>) answer);
    }

    private List<String> closedGates() {
        return gates.blocked().stream().map(Blocked::gate).toList();
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 401, 403, 404, 502})
    void a_page_on_one_call_counts_for_that_call_if_the_neutral_call_succeeds(int status) throws InterruptedException {
        linode.script(Fault.answer(Operation.CREATE, page(status)));

        Problem problem = refusedCreate();

        assertThat(problem.code()).isEqualTo(ErrorCode.LINODE_ERROR);
        assertThat(gates.blocked()).isEmpty();
        assertThat(linode.requests(Operation.PROFILE)).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 401, 403, 404, 502})
    void a_page_on_every_call_is_an_outage_and_does_not_concern_the_token(int status) throws InterruptedException {
        linode.script(Fault.answer(Operation.CREATE, page(status)));
        linode.script(Fault.answer(Operation.PROFILE, page(status)));

        Problem problem = refusedCreate();

        assertThat(problem.code()).isEqualTo(ErrorCode.LINODE_UNAVAILABLE);
        assertThat(closedGates()).containsExactly("api");
    }

    @ParameterizedTest
    @ValueSource(ints = {401, 403})
    void a_refusal_of_one_call_counts_and_names_the_scopes(int status) throws InterruptedException {
        linode.script(Fault.answer(Operation.CREATE, error(status, "Your OAuth token is not authorized")));

        Problem problem = refusedCreate();

        assertThat(problem.code()).isEqualTo(ErrorCode.LINODE_ERROR);
        assertThat(problem.message())
                .contains(
                        String.valueOf(status), "Your OAuth token", "images:read_write", "events:read_only", "scopes");
        assertThat(gates.blocked()).isEmpty();
    }

    @Test
    void a_token_that_is_refused_for_the_neutral_call_too_closes_the_gate() throws InterruptedException {
        linode.revokeToken(linode.token());

        Problem problem = refusedCreate();

        assertThat(problem.code()).isEqualTo(ErrorCode.LINODE_UNAUTHORIZED);
        assertThat(closedGates()).containsExactly("token");
    }

    @Test
    void an_error_of_one_call_uses_up_no_attempt_while_the_token_is_refused() throws InterruptedException {
        linode.revokeToken(linode.token());
        linode.script(Fault.answer(Operation.CREATE, error(500, "Internal Server Error")));

        assertThat(refusedCreate().code()).isEqualTo(ErrorCode.LINODE_UNAUTHORIZED);
    }

    @Test
    void a_token_that_may_not_read_the_profile_is_tried_on_an_image() throws InterruptedException {
        linode.script(Fault.answer(Operation.PROFILE, error(401, "not authorized to use this endpoint")));

        probe.probe();

        assertThat(gates.blocked()).isEmpty();
    }

    @Test
    void a_page_instead_of_that_image_does_not_prove_that_the_token_is_accepted() throws InterruptedException {
        linode.revokeToken(linode.token());
        linode.script(Fault.answer(Operation.GET_IMAGE, page(404)));

        probe.probe();

        assertThat(closedGates()).containsExactly("api");
    }

    @Test
    void a_throttled_neutral_call_decides_nothing() throws InterruptedException {
        gates.starting(Gate.API, new Problem(ErrorCode.LINODE_UNAVAILABLE, "not asked yet"));
        gates.starting(Gate.TOKEN, new Problem(ErrorCode.LINODE_UNAUTHORIZED, "not tried yet"));
        linode.script(Fault.answer(
                Operation.PROFILE, dev.imageferry.simulator.Answer.tooManyRequests(Duration.ofSeconds(60))));

        probe.probe();
        probe.probe();

        assertThat(linode.requests(Operation.PROFILE)).hasSize(1);
        assertThat(closedGates()).containsExactly("api", "token");
        assertThat(gates.isOutage(Gate.TOKEN)).isFalse();
    }

    @Test
    void a_failure_without_a_result_of_the_neutral_call_uses_up_no_attempt() throws InterruptedException {
        linode.script(Fault.answer(Operation.CREATE, page(400)));
        linode.script(Fault.answer(Operation.PROFILE, page(429).header("Retry-After", "60")));

        Problem problem = refusedCreate();

        assertThat(problem.code()).isEqualTo(ErrorCode.RATE_LIMITED);
        assertThat(gates.blocked()).isEmpty();
    }

    @Test
    void a_404_to_the_create_call_counts_for_the_job_and_closes_no_gate() throws InterruptedException {
        linode.script(Fault.answer(Operation.CREATE, error(404, "Not found")));

        assertThat(refusedCreate().code()).isEqualTo(ErrorCode.LINODE_ERROR);
        assertThat(gates.blocked()).isEmpty();
    }

    @Test
    void a_limit_on_one_call_delays_only_that_job() throws InterruptedException {
        linode.script(
                Fault.answer(Operation.CREATE, error(400, "Account Limit reached. Please open a support ticket.")));

        Problem problem = refusedCreate();

        assertThat(problem.code()).isEqualTo(ErrorCode.QUOTA_EXCEEDED);
        assertThat(problem.retryAfter()).contains(Duration.ofMinutes(5));
        assertThat(gates.blocked()).isEmpty();
    }

    @Test
    void a_wrong_token_is_logged_at_the_first_try_and_nothing_else() throws InterruptedException {
        linode.revokeToken(linode.token());
        try (LogCapture log = LogCapture.on(Gates.class)) {
            gates.starting(Gate.API, new Problem(ErrorCode.LINODE_UNAVAILABLE, "Linode has not been called yet"));
            gates.starting(Gate.TOKEN, new Problem(ErrorCode.LINODE_UNAUTHORIZED, "the token has not been tried yet"));

            probe.probe();
            probe.probe();
            linode.acceptToken(linode.token());
            probe.probe();

            assertThat(log.lines()).hasSize(2);
            assertThat(log.lines().get(0))
                    .startsWith("WARN gate closed gate=token")
                    .contains("401", "Invalid Token", "imageferry.linode.token-file", "LINODE_TOKEN");
            assertThat(log.lines().get(1)).startsWith("INFO gate opened gate=token");
        }
    }

    @Test
    void a_refusal_of_the_job_itself_makes_no_neutral_call() throws InterruptedException {
        Problem problem = new Problem(ErrorCode.LINODE_REJECTED, "region: not valid");

        assertThat(probe.judge(new Answer.Refused<>(problem, false, Cause.JOB))).isEqualTo(problem);
        assertThat(linode.requests()).isEmpty();
    }
}
