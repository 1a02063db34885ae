package dev.imageferry.notify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.SettableClock;
import dev.imageferry.daemon.LogCapture;
import dev.imageferry.daemon.PipelineDatabase;
import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.Job;
import dev.imageferry.job.RetryPolicy;
import dev.imageferry.notify.TestReceiver.Answer;
import dev.imageferry.notify.TestReceiver.Received;
import dev.imageferry.queue.Notification;
import dev.imageferry.queue.QueueAccess;
import dev.imageferry.worker.DatabaseRetry;
import dev.imageferry.worker.Gates;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class NotificationSenderTest {
    private static final String SECRET = "s3cret-of-the-signature";
    private static final Executor THREADS = task -> Thread.ofPlatform().daemon().start(task);

    private final DataSource database = PipelineDatabase.emptied();
    private final QueueAccess access = new QueueAccess(database, "here", Duration.ofHours(1));
    private final Outcomes outcomes = new Outcomes(access);
    private final TestReceiver receiver = TestReceiver.start();
    private final SettableClock clock = new SettableClock();
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

    @AfterEach
    void close() {
        receiver.close();
    }

    private NotificationSender sender() {
        return sender(receiver.url(), SECRET, Receiver.TIMEOUT, Runnable::run);
    }

    private NotificationSender sender(String url, @Nullable String secret, Duration timeout, Executor executor) {
        Gates gates = new Gates(clock, clock);
        return new NotificationSender(
                access.notifications(),
                new Receiver(url, secret, "1.2", clock, timeout),
                new RetryPolicy(1, Duration.ofSeconds(10), Duration.ofMinutes(10)),
                new Random(1),
                new DatabaseRetry(gates, PipelineDatabase.connections(), pause -> {}),
                gates,
                new DeliveryCounters(registry),
                executor);
    }

    private Job ended(ErrorCode code) {
        Job job = outcomes.checking();
        outcomes.end(job, code);
        return job;
    }

    /** Makes all notifications due, as if their pauses and leases were over. */
    private void passPauses() {
        access.execute("UPDATE notification SET next_attempt_at = now()");
    }

    private int waiting() {
        return access.execute("UPDATE notification SET body = body");
    }

    private double count(String outcome) {
        Counter counter = registry.find("imageferry_notifications")
                .tag("outcome", outcome)
                .counter();
        return counter == null ? Double.NaN : counter.count();
    }

    // ---- the request

    @Test
    void posts_the_outcome_and_removes_it() {
        Job job = ended(ErrorCode.NOT_GZIP);

        sender().sendDue();

        assertThat(receiver.received()).singleElement().satisfies(request -> {
            assertThat(request.path()).isEqualTo("/hook?key=s3cret-key");
            assertThat(request.event()).isEqualTo("job.rejected");
            assertThat(request.delivery()).matches("[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}");
            assertThat(request.userAgent()).isEqualTo("imageferry/1.2");
            assertThat(request.body()).isEqualTo("{\"id\":\"" + job.id() + "\",\"state\":\"REJECTED\",\"file\":\"ä\"}");
            assertThat(request.signature())
                    .isEqualTo(new Signature(SECRET).of(request.body().getBytes(StandardCharsets.UTF_8)));
            assertThat(request.authorization()).isNull();
        });
        assertThat(waiting()).isZero();
        assertThat(count("delivered")).isOne();
    }

    @ParameterizedTest
    @CsvSource({"NOT_GZIP, job.rejected", "PROCESSING_FAILED, job.failed", "FILE_CHANGED, job.cancelled"})
    void names_the_event(ErrorCode code, String event) {
        ended(code);

        sender().sendDue();

        assertThat(receiver.received()).extracting(Received::event).containsExactly(event);
    }

    @Test
    void sends_no_signature_without_a_secret_and_the_password_of_the_url() {
        ended(ErrorCode.NOT_GZIP);

        sender("http://user:p%C3%A4ss@127.0.0.1:" + receiver.port() + "/", null, Receiver.TIMEOUT, Runnable::run)
                .sendDue();

        assertThat(receiver.received()).singleElement().satisfies(request -> {
            assertThat(request.signature()).isNull();
            assertThat(request.path()).isEqualTo("/");
            assertThat(request.authorization())
                    .isEqualTo("Basic "
                            + Base64.getEncoder().encodeToString("user:päss".getBytes(StandardCharsets.UTF_8)));
        });
    }

    @Test
    void counters_start_at_zero() {
        sender();

        assertThat(List.of(count("delivered"), count("retry"), count("gave-up")))
                .containsOnly(0.0);
    }

    // ---- a receiver that does not accept

    @ParameterizedTest
    @ValueSource(ints = {301, 302, 307, 400, 401, 404, 408, 410, 429, 500, 503})
    void repeats_a_delivery_that_was_not_accepted(int status) {
        ended(ErrorCode.NOT_GZIP);
        receiver.script(request -> new Answer(status, Map.of("Location", "/elsewhere")));
        NotificationSender sender = sender();
        sender.sendDue();
        int first = receiver.received().size();
        assertThat(count("retry")).isOne();

        sender.sendDue();
        assertThat(receiver.received()).as("not due yet").hasSize(first);
        receiver.script(request -> Answer.OK);
        passPauses();
        sender.sendDue();

        assertThat(receiver.received())
                .hasSizeGreaterThan(first)
                .allSatisfy(request ->
                        assertThat(request).isEqualTo(receiver.received().getFirst()));
        assertThat(waiting()).isZero();
        assertThat(count("delivered")).isOne();
    }

    @Test
    void repeats_a_delivery_while_the_receiver_is_away() {
        ended(ErrorCode.NOT_GZIP);
        receiver.kill();
        NotificationSender sender = sender();
        for (int attempt = 0; attempt < 5; attempt++) {
            sender.sendDue();
            passPauses();
        }
        assertThat(count("retry")).isEqualTo(5);

        receiver.restart();
        sender.sendDue();

        assertThat(receiver.received()).hasSize(1);
        assertThat(waiting()).isZero();
    }

    @Test
    void repeats_a_delivery_that_was_cut() {
        ended(ErrorCode.NOT_GZIP);
        receiver.script(request -> null);
        NotificationSender sender = sender();
        sender.sendDue();
        assertThat(waiting()).isOne();

        receiver.script(request -> Answer.OK);
        passPauses();
        sender.sendDue();

        assertThat(waiting()).isZero();
        assertThat(receiver.received())
                .extracting(Received::delivery)
                .containsOnly(receiver.received().getFirst().delivery());
    }

    @Test
    void gives_a_slow_receiver_a_limited_time() {
        ended(ErrorCode.NOT_GZIP);
        receiver.script(TestReceiver.hanging());

        try (LogCapture log = LogCapture.on(ReceiverLog.class)) {
            sender(receiver.url(), SECRET, Duration.ofSeconds(1), Runnable::run).sendDue();

            assertThat(log.lines()).singleElement().asString().endsWith("reason=no answer within 1 s");
        }
        assertThat(count("retry")).isOne();
        assertThat(waiting()).isOne();
    }

    /** An endless body must not hold the slot. */
    @Test
    void does_not_wait_for_the_body_of_the_answer() throws Exception {
        ended(ErrorCode.NOT_GZIP);
        try (ServerSocket endless = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Thread.ofVirtual().start(() -> {
                try (var socket = endless.accept()) {
                    socket.getInputStream().readNBytes(20);
                    socket.getOutputStream()
                            .write("HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n"
                                    .getBytes(StandardCharsets.US_ASCII));
                    byte[] chunk = new byte[8192];
                    while (true) {
                        socket.getOutputStream().write(chunk);
                    }
                } catch (IOException e) {
                    // the sender has closed the connection
                }
            });

            sender("http://127.0.0.1:" + endless.getLocalPort(), SECRET, Receiver.TIMEOUT, Runnable::run)
                    .sendDue();
        }

        assertThat(count("delivered")).isOne();
    }

    @ParameterizedTest
    @CsvSource({"90, 90, 110", "7200, 3600, 3600", "0, 0, 10", "soon, 0, 10"})
    void waits_as_long_as_the_receiver_asks_but_at_most_an_hour(String retryAfter, int least, int most) {
        ended(ErrorCode.NOT_GZIP);
        receiver.script(request -> new Answer(429, Map.of("Retry-After", retryAfter)));

        sender().sendDue();

        assertThat(access.execute(
                        "UPDATE notification SET body = body WHERE next_attempt_at - now() BETWEEN"
                                + " make_interval(secs => ? - 5) AND make_interval(secs => ?)",
                        least,
                        most))
                .isOne();
    }

    @Test
    void waits_until_the_date_that_the_receiver_names() {
        ended(ErrorCode.NOT_GZIP);
        // the receiver adds its own Date, by the system's clock
        receiver.script(request ->
                new Answer(503, Map.of("Retry-After", httpDate(Instant.now().plusSeconds(1800)))));

        sender().sendDue();

        assertThat(access.execute("UPDATE notification SET body = body"
                        + " WHERE next_attempt_at > now() + interval '5 minutes'"))
                .isOne();
    }

    private static String httpDate(Instant instant) {
        return DateTimeFormatter.RFC_1123_DATE_TIME.format(instant.atOffset(ZoneOffset.UTC));
    }

    @Test
    void backoff_grows_up_to_the_limit() {
        ended(ErrorCode.NOT_GZIP);
        receiver.kill();
        access.execute("UPDATE notification SET attempts = 100");

        sender().sendDue();

        assertThat(access.execute("UPDATE notification SET body = body WHERE next_attempt_at"
                        + " BETWEEN now() + interval '11 seconds' AND now() + interval '10 minutes'"))
                .isOne();
    }

    // ---- order

    @Test
    void delivers_the_outcomes_of_a_job_in_order_and_does_not_delay_other_jobs() {
        Job first = ended(ErrorCode.PROCESSING_FAILED);
        outcomes.end(outcomes.retried(first), ErrorCode.NOT_GZIP);
        access.execute("UPDATE job SET inode = 99"); // the next job has the same path
        Job other = ended(ErrorCode.FILE_CHANGED);
        receiver.script(request -> request.body().contains(first.id().toString()) ? Answer.of(500) : Answer.OK);
        NotificationSender sender = sender();

        sender.sendDue();
        assertThat(receiver.received())
                .extracting(Received::event)
                .containsExactlyInAnyOrder("job.failed", "job.cancelled");
        assertThat(receiver.received())
                .filteredOn(request -> request.body().contains(other.id().toString()))
                .hasSize(1);
        receiver.script(request -> Answer.OK);
        passPauses();
        sender.sendDue();

        assertThat(receiver.received())
                .filteredOn(request -> request.body().contains(first.id().toString()))
                .extracting(Received::event)
                .containsExactly("job.failed", "job.failed", "job.rejected");
        assertThat(waiting()).isZero();
    }

    // ---- several senders, crashes and the shutdown

    @Test
    void sends_again_with_the_same_id_after_a_sender_died_before_it_noted_the_success() {
        ended(ErrorCode.NOT_GZIP);
        Receiver dying = new Receiver(receiver.url(), SECRET, "1.2", clock, Receiver.TIMEOUT);
        Notification claimed =
                access.notifications().claim(1, NotificationSender.LEASE).getFirst();
        assertThat(dying.post(claimed)).isEqualTo(new Reply.Accepted());
        sender().sendDue();
        assertThat(receiver.received()).as("the lease is valid").hasSize(1);

        passPauses();
        sender().sendDue();

        assertThat(receiver.received())
                .hasSize(2)
                .allMatch(request -> request.equals(receiver.received().getFirst()));
        assertThat(waiting()).isZero();
    }

    @Test
    void a_late_result_does_not_postpone_the_attempt_of_another_instance() {
        ended(ErrorCode.NOT_GZIP);
        Notification late = access.notifications().claim(1, Duration.ZERO).getFirst();
        Notification current =
                access.notifications().claim(1, NotificationSender.LEASE).getFirst();

        assertThat(access.notifications().postpone(late, Duration.ZERO)).isFalse();
        assertThat(access.notifications().claim(1, NotificationSender.LEASE)).isEmpty();
        assertThat(access.notifications().postpone(current, Duration.ZERO)).isTrue();
    }

    @Test
    void two_senders_share_the_work() throws Exception {
        outcomes.checking(200).forEach(job -> outcomes.end(job, ErrorCode.NOT_GZIP));
        NotificationSender one = sender(receiver.url(), SECRET, Receiver.TIMEOUT, THREADS);
        NotificationSender two = sender(receiver.url(), SECRET, Receiver.TIMEOUT, THREADS);

        one.sendDue();
        two.sendDue();
        while (waiting() > 0) {
            TimeUnit.MILLISECONDS.sleep(5);
        }

        assertThat(receiver.received())
                .hasSize(200)
                .extracting(Received::delivery)
                .doesNotHaveDuplicates();
    }

    @Test
    void uses_few_connections_at_once_for_a_receiver_that_hangs() throws Exception {
        outcomes.checking(20).forEach(job -> outcomes.end(job, ErrorCode.NOT_GZIP));
        CountDownLatch hanging = new CountDownLatch(NotificationSender.SLOTS);
        receiver.script(request -> {
            hanging.countDown();
            return TestReceiver.hanging().answer(request);
        });
        NotificationSender sender = sender(receiver.url(), SECRET, Receiver.TIMEOUT, THREADS);

        sender.sendDue();
        assertThat(hanging.await(20, TimeUnit.SECONDS)).isTrue();
        sender.sendDue();

        assertThat(access.execute("UPDATE notification SET body = body WHERE attempts > 0"))
                .isEqualTo(NotificationSender.SLOTS);
        sender.close(Duration.ofSeconds(5));
    }

    @Test
    void shutdown_cuts_a_call_and_leaves_the_notification_to_another_instance() throws Exception {
        ended(ErrorCode.NOT_GZIP);
        CountDownLatch hanging = new CountDownLatch(1);
        receiver.script(request -> {
            hanging.countDown();
            return TestReceiver.hanging().answer(request);
        });
        NotificationSender stopped = sender(receiver.url(), SECRET, Receiver.TIMEOUT, THREADS);
        stopped.sendDue();
        assertThat(hanging.await(20, TimeUnit.SECONDS)).isTrue();

        long begin = System.nanoTime();
        stopped.close(Duration.ofSeconds(10));
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(5));
        stopped.sendDue();
        receiver.script(request -> Answer.OK);
        sender().sendDue();

        assertThat(receiver.received()).hasSize(2);
        assertThat(waiting()).isZero();
        assertThat(count("retry")).isZero();
    }

    // ---- giving up

    @Test
    void gives_up_a_week_after_the_outcome_and_goes_on_with_the_next() {
        Job job = ended(ErrorCode.PROCESSING_FAILED);
        outcomes.end(outcomes.retried(job), ErrorCode.NOT_GZIP);
        access.execute("UPDATE notification SET created_at = now() - interval '7 days' WHERE outcome = 'FAILED'");
        receiver.script(request -> "job.failed".equals(request.event()) ? Answer.of(500) : Answer.OK);

        try (LogCapture log = LogCapture.on(ReceiverLog.class)) {
            sender().sendDue();

            assertThat(log.lines())
                    .anySatisfy(line -> assertThat(line)
                            .startsWith("WARN notification given up job=" + job.id())
                            .contains("HTTP 500"));
        }
        assertThat(receiver.received()).extracting(Received::event).containsExactly("job.failed", "job.rejected");
        assertThat(count("gave-up")).isOne();
        assertThat(count("delivered")).isOne();
        assertThat(waiting()).isZero();
    }

    @Test
    void delivers_an_old_notification_to_a_receiver_that_accepts_it() {
        ended(ErrorCode.NOT_GZIP);
        access.execute("UPDATE notification SET created_at = now() - interval '30 days'");

        sender().sendDue();

        assertThat(count("delivered")).isOne();
        assertThat(count("gave-up")).isZero();
    }

    // ---- log

    @Test
    void logs_a_failure_once_without_secrets() {
        outcomes.checking(10).forEach(job -> outcomes.end(job, ErrorCode.NOT_GZIP));
        try (LogCapture log = LogCapture.on(ReceiverLog.class, NotificationSender.class)) {
            receiver.kill();
            NotificationSender sender =
                    sender(receiver.url().replace("127", "user:s3cret@127"), SECRET, Receiver.TIMEOUT, Runnable::run);
            sender.sendDue();
            receiver.restart();
            passPauses();
            sender.sendDue();

            assertThat(log.lines()).hasSize(2);
            assertThat(log.lines().getFirst())
                    .startsWith("WARN notification not delivered")
                    .contains("receiver=http://127.0.0.1:" + receiver.port() + "/ reason=");
            assertThat(log.lines().getLast())
                    .isEqualTo("INFO webhook receiver accepts notifications again receiver=http://127.0.0.1:"
                            + receiver.port() + "/");
            assertThat(log.lines()).noneMatch(line -> line.contains("s3cret") || line.contains("hook?"));
        }
    }
}
