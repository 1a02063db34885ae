package dev.imageferry.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.daemon.LogEar;
import dev.imageferry.daemon.SettableClock;
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

/** What closes a gate for all, against the simulated Linode and proxies in front of it. */
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

    /** Settings as the start would give them. */
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

    private List<String> shut() {
        return gates.blocked().stream().map(Blocked::gate).toList();
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 401, 403, 404, 502})
    void a_page_on_one_call_is_that_calls_fault_when_the_neutral_call_works(int status) throws InterruptedException {
        linode.script(Fault.answer(Operation.CREATE, page(status)));

        Problem problem = refusedCreate();

        assertThat(problem.code()).isEqualTo(ErrorCode.LINODE_ERROR);
        assertThat(gates.blocked()).isEmpty();
        assertThat(linode.requests(Operation.PROFILE)).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 401, 403, 404, 502})
    void a_page_on_every_call_is_an_outage_and_says_nothing_of_the_token(int status) throws InterruptedException {
        linode.script(Fault.answer(Operation.CREATE, page(status)));
        linode.script(Fault.answer(Operation.PROFILE, page(status)));

        Problem problem = refusedCreate();

        assertThat(problem.code()).isEqualTo(ErrorCode.LINODE_UNAVAILABLE);
        assertThat(shut()).containsExactly("api");
    }

    @ParameterizedTest
    @ValueSource(ints = {401, 403})
    void a_refusal_of_one_call_alone_counts_and_names_the_scopes(int status) throws InterruptedException {
        linode.script(Fault.answer(Operation.CREATE, error(status, "Your OAuth token is not authorized")));

        Problem problem = refusedCreate();

        assertThat(problem.code()).isEqualTo(ErrorCode.LINODE_ERROR);
        assertThat(problem.message())
                .contains(
                        String.valueOf(status), "Your OAuth token", "images:read_write", "events:read_only", "scopes");
        assertThat(gates.blocked()).isEmpty();
    }

    @Test
    void a_token_that_the_neutral_call_is_refused_for_too_closes_the_gate() throws InterruptedException {
        linode.revokeToken(linode.token());

        Problem problem = refusedCreate();

        assertThat(problem.code()).isEqualTo(ErrorCode.LINODE_UNAUTHORIZED);
        assertThat(shut()).containsExactly("token");
    }

    @Test
    void an_error_of_one_call_while_the_token_is_refused_is_charged_to_nobody() throws InterruptedException {
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
    void a_page_in_place_of_that_image_is_no_sign_that_the_token_is_taken() throws InterruptedException {
        linode.revokeToken(linode.token());
        linode.script(Fault.answer(Operation.GET_IMAGE, page(404)));

        probe.probe();

        assertThat(shut()).containsExactly("api");
    }

    @Test
    void a_neutral_call_that_has_to_rest_decides_nothing() throws InterruptedException {
        gates.starting(Gate.API, new Problem(ErrorCode.LINODE_UNAVAILABLE, "not asked yet"));
        gates.starting(Gate.TOKEN, new Problem(ErrorCode.LINODE_UNAUTHORIZED, "not tried yet"));
        linode.script(Fault.answer(
                Operation.PROFILE, dev.imageferry.simulator.Answer.tooManyRequests(Duration.ofSeconds(60))));

        probe.probe();
        probe.probe();

        assertThat(linode.requests(Operation.PROFILE)).hasSize(1);
        assertThat(shut()).containsExactly("api", "token");
        assertThat(gates.isOutage(Gate.TOKEN)).isFalse();
    }

    @Test
    void what_the_neutral_call_could_not_decide_is_charged_to_nobody() throws InterruptedException {
        linode.script(Fault.answer(Operation.CREATE, page(400)));
        linode.script(Fault.answer(Operation.PROFILE, page(429).header("Retry-After", "60")));

        Problem problem = refusedCreate();

        assertThat(problem.code()).isEqualTo(ErrorCode.RATE_LIMITED);
        assertThat(gates.blocked()).isEmpty();
    }

    @Test
    void a_404_to_the_create_call_is_the_jobs_and_shuts_nothing() throws InterruptedException {
        linode.script(Fault.answer(Operation.CREATE, error(404, "Not found")));

        assertThat(refusedCreate().code()).isEqualTo(ErrorCode.LINODE_ERROR);
        assertThat(gates.blocked()).isEmpty();
    }

    @Test
    void a_limit_that_one_call_meets_holds_that_job_back_and_no_other() throws InterruptedException {
        linode.script(
                Fault.answer(Operation.CREATE, error(400, "Account Limit reached. Please open a support ticket.")));

        Problem problem = refusedCreate();

        assertThat(problem.code()).isEqualTo(ErrorCode.QUOTA_EXCEEDED);
        assertThat(problem.retryAfter()).contains(Duration.ofMinutes(5));
        assertThat(gates.blocked()).isEmpty();
    }

    @Test
    void a_wrong_token_is_in_the_log_at_the_first_try_and_nothing_else_is() throws InterruptedException {
        linode.revokeToken(linode.token());
        try (LogEar ear = LogEar.on(Gates.class)) {
            gates.starting(Gate.API, new Problem(ErrorCode.LINODE_UNAVAILABLE, "Linode has not been asked yet"));
            gates.starting(Gate.TOKEN, new Problem(ErrorCode.LINODE_UNAUTHORIZED, "the token has not been tried yet"));

            probe.probe();
            probe.probe();
            linode.acceptToken(linode.token());
            probe.probe();

            assertThat(ear.lines()).hasSize(2);
            assertThat(ear.lines().get(0))
                    .startsWith("WARN gate closed gate=token")
                    .contains("401", "Invalid Token", "imageferry.linode.token-file", "LINODE_TOKEN");
            assertThat(ear.lines().get(1)).startsWith("INFO gate opened gate=token");
        }
    }

    @Test
    void judges_no_more_than_the_cause_of_a_refusal_says() throws InterruptedException {
        Problem problem = new Problem(ErrorCode.LINODE_REJECTED, "region: not valid");

        assertThat(probe.judge(new Answer.Refused<>(problem, false, Cause.JOB)))
                .isEqualTo(problem);
        assertThat(linode.requests()).isEmpty();
    }
}
