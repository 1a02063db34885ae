package dev.imageferry.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.imageferry.SettableClock;
import dev.imageferry.simulator.LinodeClient.Created;
import dev.imageferry.simulator.LinodeClient.Reply;
import dev.imageferry.simulator.SimulatorOptions.EventFlow;
import dev.imageferry.simulator.SimulatorOptions.Fields;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What nobody knows of Linode, or what changes: fields, statuses, clocks, answers that the API did not write. */
class VariantsTest {
    private static final byte[] DISK = TestGzip.of("disk");

    private final SettableClock clock = new SettableClock(Instant.parse("2026-03-01T12:00:00Z"));
    private SimulatedLinode linode = SimulatedLinode.start(options());
    private LinodeClient client = new LinodeClient(linode);

    private SimulatorOptions options() {
        return SimulatorOptions.forTests().withClock(clock);
    }

    @AfterEach
    void stop() {
        linode.close();
    }

    @Test
    void leaves_a_field_out_of_an_image_a_page_or_an_event() throws Exception {
        Created created = client.createAvailable("a", DISK);
        String path = "/v4/images/" + created.id();
        for (String field : new String[] {"tags", "status", "regions", "total_size"}) {
            linode.script(Fault.on(Operation.GET_IMAGE, new Effect.WithoutField(field))
                    .forLabel("a"));
            linode.script(Fault.on(Operation.LIST, new Effect.WithoutField(field)));
            linode.script(Fault.on(Operation.CREATE, new Effect.WithoutField(field)));

            assertThat(client.get(path).body().fieldNames())
                    .doesNotContain(field)
                    .contains("id", "label");
            assertThat(client.get(path).body().fieldNames()).contains(field);
            assertThat(client.get("/v4/images").body().getJsonArray("data"))
                    .allSatisfy(image -> assertThat(((JsonObject) image).fieldNames())
                            .doesNotContain(field)
                            .contains("id"));
            assertThat(client.post("/v4/images/upload", wanted())
                            .body()
                            .getJsonObject("image")
                            .fieldNames())
                    .doesNotContain(field)
                    .contains("id");
        }
        linode.script(Fault.on(Operation.CREATE, new Effect.WithoutField("upload_to")));
        assertThat(client.post("/v4/images/upload", wanted()).body().fieldNames())
                .containsExactly("image");
        linode.script(Fault.on(Operation.EVENTS, new Effect.WithoutField("message")));
        assertThat(client.uploadEvent(created).fieldNames())
                .doesNotContain("message")
                .contains("status");
    }

    @Test
    void shows_a_status_that_no_client_knows() throws Exception {
        Created created = client.createAvailable("a", DISK);
        linode.script(Fault.on(Operation.GET_IMAGE, new Effect.WithField("status", "pending")));
        linode.script(Fault.on(Operation.LIST, new Effect.WithField("status", null)));
        linode.script(Fault.on(Operation.CREATE, new Effect.WithField("status", "pending")));

        assertThat(client.get("/v4/images/" + created.id()).body().getString("status"))
                .isEqualTo("pending");
        assertThat(client.get("/v4/images").body().getJsonArray("data"))
                .allSatisfy(image ->
                        assertThat(((JsonObject) image).getValue("status")).isNull());
        Reply made = client.post("/v4/images/upload", wanted());
        assertThat(made.body().getJsonObject("image").getString("status")).isEqualTo("pending");
        assertThat(made.body().containsKey("status")).isFalse();
        assertThat(client.image(created).isAvailable()).isTrue();
    }

    @Test
    void changes_no_answer_of_the_bucket() {
        assertThatThrownBy(() -> Fault.on(Operation.PUT_OBJECT, new Effect.WithoutField("tags")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("PUT_OBJECT");
    }

    @Test
    void an_image_can_show_creating_while_it_is_copied() throws Exception {
        restart(options().withReplicationTime(Duration.ofMillis(500)));
        linode.script(Fault.onReplication(new Effect.CreatingWhileCopied()));
        linode.script(Fault.onReplication(new Effect.ReplicationEndsAs("timedout")));
        Created created = client.createAvailable("a", DISK);

        Reply reply = client.post(
                "/v4/images/" + created.id() + "/regions",
                new JsonObject()
                        .put(
                                "regions",
                                new JsonArray().add("us-ord").add("fr-par").add("us-iad")));

        assertThat(reply.body().getString("status")).isEqualTo("creating");
        linode.await(now -> client.image(created).isAvailable(), LinodeClient.LIMIT);
        assertThat(client.image(created).regions())
                .contains(new SimulatedImage.RegionCopy("us-ord", "available"))
                .contains(new SimulatedImage.RegionCopy("fr-par", "timedout"));
        assertThat(client.uploadEvent(created).getString("status")).isEqualTo("finished");
    }

    @Test
    void answers_what_the_api_did_not_write_on_any_call() throws Exception {
        Created created = client.createAvailable("a", DISK);
        String image = "/v4/images/" + created.id();
        String[][] calls = {
            {"CREATE", "POST", "/v4/images/upload"},
            {"GET_IMAGE", "GET", image},
            {"UPDATE_IMAGE", "PUT", image},
            {"DELETE_IMAGE", "DELETE", image},
            {"REPLICATE", "POST", image + "/regions"},
            {"LIST", "GET", "/v4/images"},
            {"EVENTS", "GET", "/v4/account/events"},
            {"REGIONS", "GET", "/v4/regions"},
            {"PROFILE", "GET", "/v4/profile"}
        };
        for (String[] call : calls) {
            Operation operation = Operation.valueOf(call[0]);
            linode.script(Fault.answer(operation, Answer.nginx(400, "Bad Request")));
            linode.script(Fault.answer(operation, Answer.plainText(404, "not here")));

            HttpResponse<String> html = client.exchange(call[1], call[2], "{}");
            HttpResponse<String> text = client.exchange(call[1], call[2], "{}");

            assertThat(html.statusCode()).as(call[0]).isEqualTo(400);
            assertThat(html.headers().firstValue("Content-Type")).contains("text/html");
            assertThat(html.body()).startsWith("<html>").contains("400 Bad Request", "nginx");
            assertThat(text.statusCode()).isEqualTo(404);
            assertThat(text.headers().firstValue("Content-Type")).contains("text/plain; charset=utf-8");
            assertThat(text.body()).isEqualTo("not here");
        }
        assertThat(client.image(created).isAvailable()).isTrue();
    }

    @Test
    void dates_and_expiry_follow_the_clock_of_the_service() throws Exception {
        restart(options().withClockOffset(Duration.ofHours(-25)));

        Reply reply = client.post("/v4/images/upload", wanted());

        assertThat(reply.header("Date")).isEqualTo("Sat, 28 Feb 2026 11:00:00 GMT");
        JsonObject image = reply.body().getJsonObject("image");
        assertThat(image.getString("created")).isEqualTo("2026-02-28T11:00:00");
        URI uploadTo = URI.create(reply.body().getString("upload_to"));
        long expires = clock.instant().minus(Duration.ofHours(1)).getEpochSecond();
        assertThat(uploadTo.getQuery()).contains("Expires=" + expires);
        assertThat(client.put(uploadTo, DISK).status())
                .as("valid by the clock of the service")
                .isEqualTo(200);
        clock.advance(Duration.ofDays(9));
        assertThat(client.get("/v4/profile").header("Date")).isEqualTo("Mon, 09 Mar 2026 11:00:00 GMT");
        assertThat(client.exchange("PUT", uploadTo.getRawPath(), "").headers().firstValue("Date"))
                .as("the bucket")
                .contains("Mon, 09 Mar 2026 11:00:00 GMT");
    }

    @Test
    void an_event_can_start_with_the_post() throws Exception {
        restart(options().withEventFlow(EventFlow.STARTED_AT_POST));
        Created created = client.create("a");

        assertThat(client.uploadEvent(created).getString("status")).isEqualTo("started");
    }

    @Test
    void an_event_can_go_in_steps() throws Exception {
        restart(options().withEventFlow(EventFlow.IN_STEPS).withProcessing(Duration.ofSeconds(1), Duration.ZERO));
        Created created = client.create("a");
        List<String> statuses = new ArrayList<>();
        statuses.add(client.uploadEvent(created).getString("status"));
        client.put(created.uploadTo(), DISK);
        linode.await(
                now -> {
                    String status = client.uploadEvent(created).getString("status");
                    if (!status.equals(statuses.getLast())) {
                        statuses.add(status);
                    }
                    return status.equals("completed");
                },
                LinodeClient.LIMIT);

        assertThat(statuses).containsExactly("scheduled", "started", "in_progress", "completed");
        client.send("DELETE", "/v4/images/" + created.id(), "");
        assertThat(client.uploadEvent(created).getString("status"))
                .as("an upload that is over is not cancelled")
                .isEqualTo("completed");
    }

    @Test
    void message_and_duration_of_an_event_are_null_until_it_has_them() throws Exception {
        Created created = client.create("a");
        JsonObject scheduled = client.uploadEvent(created);
        clock.advance(Duration.ofSeconds(90));

        client.send("DELETE", "/v4/images/" + created.id(), "");

        assertThat(scheduled.fieldNames()).contains("message", "duration");
        assertThat(scheduled.getValue("message")).isNull();
        assertThat(scheduled.getValue("duration")).isNull();
        assertThat(client.uploadEvent(created).getDouble("duration")).isEqualTo(90.0);
        assertThat(client.uploadEvent(created).getString("message")).isEqualTo("Upload cancelled.");
    }

    @Test
    void writes_an_event_when_an_image_is_updated() throws Exception {
        Created created = client.create("a");

        client.send("PUT", "/v4/images/" + created.id(), "{\"label\":\"b\"}");
        client.send("PUT", "/v4/images/" + created.id(), "{\"label\":\"\"}");

        JsonArray events = client.get("/v4/account/events", "X-Filter", "{\"action\":\"image_update\"}")
                .body()
                .getJsonArray("data");
        assertThat(events).hasSize(1);
        assertThat(events.getJsonObject(0).getString("status")).isEqualTo("finished");
        assertThat(events.getJsonObject(0).getJsonObject("entity").getString("label"))
                .isEqualTo("b");
    }

    @Test
    void fields_come_and_go() throws Exception {
        List<String> withoutRegions = fields(Fields.WITHOUT_REGIONS);
        List<String> withRegions = fields(Fields.WITH_REGIONS);
        List<String> withSharing = fields(Fields.WITH_SHARING);

        assertThat(withoutRegions)
                .doesNotContain("regions", "total_size", "is_shared")
                .contains("tags", "status");
        assertThat(withRegions).contains("regions", "total_size").doesNotContain("is_shared");
        assertThat(withSharing).contains("regions", "total_size", "is_shared", "image_sharing");
    }

    private List<String> fields(Fields fields) throws IOException {
        restart(options().withFields(fields));
        Created created = client.create("a");
        return List.copyOf(client.get("/v4/images/" + created.id()).body().fieldNames());
    }

    private void restart(SimulatorOptions options) {
        linode.close();
        linode = SimulatedLinode.start(options);
        client = new LinodeClient(linode);
    }

    private static JsonObject wanted() {
        return new JsonObject().put("label", "wanted").put("region", "us-ord");
    }
}
