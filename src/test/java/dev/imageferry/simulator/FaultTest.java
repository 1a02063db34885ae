package dev.imageferry.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.imageferry.simulator.RecordedRequest.Ending;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Each kind of fault that befalls a call of the API. */
class FaultTest {
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
    void lists_lack_images_with_or_without_counting_them() throws Exception {
        String first = client.create("a").id();
        String second = client.create("b").id();
        linode.script(Fault.on(Operation.LIST, new Effect.WithoutImages(Set.of(first), true)));
        linode.script(Fault.on(Operation.LIST, new Effect.WithoutImages(Set.of(first), false)));

        for (int results : new int[] {2, 1}) {
            JsonObject list = client.get("/v4/images", "X-Filter", "{\"is_public\":false}")
                    .body();
            assertThat(list.getJsonArray("data")).hasSize(1);
            assertThat(list.getJsonArray("data").getJsonObject(0).getString("id"))
                    .isEqualTo(second);
            assertThat(list.getInteger("results")).isEqualTo(results);
        }
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
        linode.script(Fault.on(Operation.CREATE, new Effect.HandleLater(Duration.ofSeconds(1))));

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
}
