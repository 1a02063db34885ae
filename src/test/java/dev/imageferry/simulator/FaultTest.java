package dev.imageferry.simulator;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.imageferry.simulator.LinodeClient.Created;
import dev.imageferry.simulator.LinodeClient.Reply;
import dev.imageferry.simulator.RecordedRequest.Ending;
import dev.imageferry.simulator.RequestListener.Moment;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Each kind of scripted fault, and the listeners. */
class FaultTest {
    private static final byte[] CONTENT = "not really an image".getBytes(UTF_8);
    private static final Duration LIMIT = LinodeClient.LIMIT;

    private final SimulatedLinode linode = SimulatedLinode.start(SimulatorOptions.forTests());
    private final LinodeClient client = new LinodeClient(linode);

    @AfterEach
    void stop() {
        linode.close();
    }

    @Test
    void answers_instead_of_handling() throws Exception {
        linode.script(Fault.answer(Operation.CREATE, Answer.error(500, "oops")));
        linode.script(Fault.answer(Operation.CREATE, Answer.badGateway()));
        linode.script(Fault.answer(Operation.CREATE, Answer.maintenance()));
        linode.script(Fault.answer(Operation.CREATE, Answer.tooManyRequests(Duration.ofSeconds(7))));
        linode.script(Fault.answer(Operation.CREATE, Answer.fieldError(400, "label", "is bad")));
        linode.script(Fault.answer(Operation.CREATE, Answer.invalidToken()));
        linode.script(Fault.answer(Operation.CREATE, Answer.garbage()));

        List<HttpResponse<String>> responses = new CopyOnWriteArrayList<>();
        for (int call = 0; call < 7; call++) {
            responses.add(client.exchange("POST", "/v4/images/upload", "{\"label\":\"a\",\"region\":\"us-ord\"}"));
        }

        assertThat(responses).extracting(HttpResponse::statusCode).containsExactly(500, 502, 503, 429, 400, 401, 200);
        assertThat(responses.get(1).body()).startsWith("<html>");
        assertThat(responses.get(2).headers().firstValue("X-Maintenance-Mode")).isPresent();
        assertThat(responses.get(3).headers().firstValue("Retry-After")).contains("7");
        assertThat(responses.get(4).body()).contains("is bad");
        assertThat(responses.get(6).body()).startsWith("<!doctype");
        assertThat(linode.everCreated()).isEmpty();
        client.create("the faults are used up");
    }

    @Test
    void strikes_so_often_from_the_nth_on_and_only_what_fits() throws Exception {
        linode.script(Fault.answer(Operation.CREATE, Answer.busy())
                .forLabel("x")
                .fromNth(2)
                .times(2));

        List<Integer> statuses = new CopyOnWriteArrayList<>();
        for (String label : new String[] {"x", "y", "x", "x", "x"}) {
            statuses.add(client.post(
                            "/v4/images/upload",
                            new JsonObject().put("label", label).put("region", "us-ord"))
                    .status());
        }

        assertThat(statuses).containsExactly(200, 200, 400, 400, 200);
    }

    @Test
    void strikes_always_until_the_faults_are_cleared() throws Exception {
        linode.script(Fault.answer(Operation.PROFILE, Answer.badGateway()).always());

        for (int call = 0; call < 5; call++) {
            assertThat(client.exchange("GET", "/v4/profile", "").statusCode()).isEqualTo(502);
        }
        linode.clearFaults();
        assertThat(client.get("/v4/profile").status()).isEqualTo(200);
    }

    @Test
    void does_not_take_a_fault_that_its_operation_cannot_have() {
        assertThatThrownBy(() -> new Fault(Operation.LIST, target -> true, 0, 1, new Effect.CutAfter(1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("LIST");
        assertThatThrownBy(() -> Fault.onPut(new Effect.CutAfter(1)).times(0))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void handles_and_loses_the_answer() {
        linode.script(Fault.on(Operation.CREATE, new Effect.HandleThenCut()));

        assertThatExceptionOfType(IOException.class).isThrownBy(() -> client.create("lost"));

        assertThat(linode.images())
                .singleElement()
                .extracting(SimulatedImage::label)
                .isEqualTo("lost");
        assertThat(linode.requests(Operation.CREATE).getFirst().ending()).isEqualTo(Ending.CUT);
    }

    @Test
    void cuts_before_anything_is_done() {
        linode.script(Fault.on(Operation.CREATE, new Effect.CutBeforeHandling()));

        assertThatExceptionOfType(IOException.class).isThrownBy(() -> client.create("never"));

        assertThat(linode.everCreated()).isEmpty();
    }

    @Test
    void handles_and_answers_something_else() throws Exception {
        linode.script(Fault.on(Operation.CREATE, new Effect.HandleThenAnswer(Answer.badGateway())));
        linode.script(Fault.on(Operation.CREATE, new Effect.TruncateAnswer(40)));
        String body = "{\"label\":\"a\",\"region\":\"us-ord\"}";

        assertThat(client.exchange("POST", "/v4/images/upload", body).statusCode())
                .isEqualTo(502);
        assertThat(client.exchange("POST", "/v4/images/upload", body).body())
                .hasSize(40)
                .startsWith("{");
        assertThat(linode.images()).hasSize(2);
    }

    @Test
    void handles_later_than_the_client_looks() {
        linode.script(Fault.on(Operation.CREATE, new Effect.HandleLater(Duration.ofMillis(300))));

        assertThatExceptionOfType(IOException.class).isThrownBy(() -> client.create("late"));

        assertThat(linode.everCreated()).isEmpty();
        linode.await(now -> now.images().size() == 1, LIMIT);
    }

    @Test
    void delays_an_answer_after_the_effect() throws Exception {
        linode.script(Fault.on(Operation.CREATE, new Effect.DelayAnswer(Duration.ofMillis(300))));
        long began = System.nanoTime();

        client.create("slow");

        assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThanOrEqualTo(Duration.ofMillis(300));
    }

    @Test
    void answers_a_put_instead_of_storing() throws Exception {
        linode.script(Fault.answer(Operation.PUT_OBJECT, Answer.bucketError(503, "SlowDown")));
        Created created = client.create("a");

        assertThat(client.put(created.uploadTo(), new byte[3_000_000]).status()).isEqualTo(503);

        assertThat(client.image(created).objectsStored()).isZero();
        assertThat(linode.requests(Operation.PUT_OBJECT).getFirst().bodyBytes()).isEqualTo(3_000_000);
        assertThat(client.put(created.uploadTo(), CONTENT).status()).isEqualTo(200);
    }

    @Test
    void cuts_a_put_after_so_many_bytes() throws Exception {
        Created created = client.create("a");
        for (long bytes : new long[] {0, 1, 5_000_000}) {
            linode.script(Fault.onPut(new Effect.CutAfter(bytes)));

            assertThatExceptionOfType(IOException.class)
                    .isThrownBy(() -> client.put(created.uploadTo(), new byte[10_000_000]));

            RecordedRequest put = linode.requests(Operation.PUT_OBJECT).getLast();
            assertThat(put.ending()).isEqualTo(Ending.CUT);
            assertThat(put.bodyBytes()).isBetween(bytes, bytes + 500_000);
        }
        assertThat(client.image(created).objectsStored()).isZero();
        assertThat(linode.putsInProgress()).isZero();
    }

    @Test
    void stores_a_put_and_loses_the_answer() throws Exception {
        linode.script(Fault.on(Operation.PUT_OBJECT, new Effect.HandleThenCut()));
        Created created = client.create("a");

        assertThatExceptionOfType(IOException.class).isThrownBy(() -> client.put(created.uploadTo(), CONTENT));

        RecordedRequest put = linode.requests(Operation.PUT_OBJECT).getFirst();
        assertThat(put.stored()).isTrue();
        assertThat(put.ending()).isEqualTo(Ending.CUT);
        client.awaitAvailable(created);
    }

    @Test
    void stores_a_put_later_than_the_client_looks() throws Exception {
        linode.script(Fault.on(Operation.PUT_OBJECT, new Effect.HandleLater(Duration.ofMillis(300))));
        Created created = client.create("a");

        assertThatExceptionOfType(IOException.class).isThrownBy(() -> client.put(created.uploadTo(), CONTENT));

        assertThat(client.image(created).objectsStored()).isZero();
        client.awaitAvailable(created);
    }

    @Test
    void answers_a_put_early_without_reading_its_body() throws Exception {
        linode.script(Fault.onPut(new Effect.AnswerEarly(Answer.bucketError(503, "SlowDown"))));
        Created created = client.create("a");
        try (RawConnection connection = new RawConnection(linode)) {
            connection.putHead(
                    created.uploadTo(), "Content-Type: application/octet-stream", "Content-Length: 50000000");

            assertThat(connection.rest()).startsWith("HTTP/1.1 503 ").contains("SlowDown");
        }
        assertThat(linode.requests(Operation.PUT_OBJECT).getFirst().bodyBytes()).isZero();
    }

    @Test
    void an_early_answer_reaches_a_client_that_still_writes() throws Exception {
        Created created = client.create("a");
        for (int time = 0; time < 5; time++) {
            linode.script(Fault.onPut(new Effect.AnswerEarly(Answer.bucketError(503, "SlowDown"))));

            assertThat(client.put(created.uploadTo(), new byte[50_000_000]).status())
                    .isEqualTo(503);
        }
        assertThat(linode.requests(Operation.PUT_OBJECT)).allMatch(put -> put.bodyBytes() == 0);
    }

    @Test
    void reads_slowly() throws Exception {
        linode.script(Fault.onPut(new Effect.ReadSlowly(4_000_000)));
        Created created = client.create("a");
        long began = System.nanoTime();

        client.put(created.uploadTo(), new byte[2_000_000]);

        assertThat(Duration.ofNanos(System.nanoTime() - began))
                .isBetween(Duration.ofMillis(450), Duration.ofSeconds(5));
    }

    @Test
    void stops_reading() throws Exception {
        linode.script(Fault.onPut(new Effect.StallAfter(1_000_000, Duration.ofMillis(500))));
        Created created = client.create("a");
        long began = System.nanoTime();

        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> client.put(created.uploadTo(), new byte[50_000_000]));

        assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThanOrEqualTo(Duration.ofMillis(500));
        assertThat(linode.requests(Operation.PUT_OBJECT).getFirst().bodyBytes()).isBetween(1_000_000L, 1_500_000L);
        assertThat(linode.putsInProgress()).isZero();
    }

    @Test
    void answers_with_a_wrong_etag() throws Exception {
        String wrong = "00000000000000000000000000000000";
        linode.script(Fault.onPut(new Effect.WrongETag(wrong)));
        Created created = client.create("a");

        assertThat(client.put(created.uploadTo(), CONTENT).etag()).isEqualTo('"' + wrong + '"');
        assertThat(client.image(created).objectsStored()).isEqualTo(1);
    }

    @Test
    void takes_a_fault_of_the_put_and_one_of_the_processing_for_the_same_object() throws Exception {
        linode.script(Fault.processingFails("Failed to decompress image"));
        linode.script(Fault.onPut(new Effect.WrongETag("x")));
        Created created = client.create("a");

        assertThat(client.put(created.uploadTo(), CONTENT).etag()).isEqualTo("\"x\"");

        client.awaitGone(created);
    }

    @Test
    void tells_listeners_of_each_moment_while_the_request_stands_still() throws Exception {
        List<String> told = new CopyOnWriteArrayList<>();
        CountDownLatch answered = new CountDownLatch(1);
        linode.onRequest((moment, request) -> {
            if (request.operation() == Operation.CREATE) {
                told.add(moment + " " + linode.images().size() + " " + request.status());
            }
            if (moment == Moment.ANSWERED) {
                answered.countDown();
            }
        });

        client.create("a");

        assertThat(answered.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(told).containsExactly("ARRIVED 0 0", "HANDLED 1 0", "ANSWERED 1 200");
    }

    @Test
    void tells_when_a_put_has_received_so_many_bytes() throws Exception {
        Created created = client.create("a");
        List<Long> received = new CopyOnWriteArrayList<>();
        linode.onRequest(RequestListener.onPutBytes(3_000_000, put -> received.add(put.bodyBytes())));
        linode.onRequest(RequestListener.onPutBytes(CONTENT.length, put -> {
            received.add(put.bodyBytes());
            assertThat(client.image(created).objectsStored())
                    .as("not stored yet")
                    .isEqualTo(received.size() - 1);
        }));

        client.put(created.uploadTo(), CONTENT);
        client.put(created.uploadTo(), new byte[9_000_000]);

        assertThat(received).hasSize(3);
        assertThat(received.getFirst()).isEqualTo(CONTENT.length);
        assertThat(received.getLast()).isBetween(3_000_000L, 3_500_000L);
    }

    @Test
    void an_answer_waits_for_the_listener() throws Exception {
        linode.onRequest(RequestListener.on(Operation.PROFILE, Moment.HANDLED, request -> {
            assertThat(linode.requests(Operation.PROFILE).getFirst().ending()).isEqualTo(Ending.UNDER_WAY);
        }));

        Reply reply = client.get("/v4/profile");

        assertThat(reply.status()).isEqualTo(200);
    }

    @Test
    void a_listener_that_fails_is_told_at_the_end() throws Exception {
        SimulatedLinode other = SimulatedLinode.start(SimulatorOptions.forTests());
        other.onRequest((moment, request) -> {
            throw new IllegalStateException("of the listener");
        });
        new LinodeClient(other).get("/v4/profile");

        assertThatThrownBy(other::close).hasMessageContaining("of the listener");
    }

    @Test
    void waiting_in_vain_says_what_there_is() throws Exception {
        client.create("the only one");

        assertThatThrownBy(() -> linode.await(now -> now.images().size() == 2, Duration.ofMillis(50)))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("the only one");
    }
}
