package dev.imageferry.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.SettableClock;
import dev.imageferry.simulator.LinodeClient.Created;
import dev.imageferry.simulator.LinodeClient.Reply;
import dev.imageferry.simulator.SimulatedImage.Ending;
import dev.imageferry.simulator.SimulatedImage.RegionCopy;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ImagesApiTest {
    private static final byte[] CONTENT = TestGzip.of("not really an image");

    private final SettableClock clock = new SettableClock(Instant.parse("2026-03-01T12:00:00Z"));
    private final SimulatedLinode linode = SimulatedLinode.start(
            SimulatorOptions.forTests().withClock(clock).withImageQuota(3).withReplicationTime(Duration.ofSeconds(1)));
    private final LinodeClient client = new LinodeClient(linode);

    @AfterEach
    void stop() {
        linode.close();
    }

    @Test
    void creates_an_image_that_waits_for_its_upload() throws Exception {
        Reply reply = client.post(
                "/v4/images/upload",
                new JsonObject()
                        .put("label", "Bob's image, v1.2?")
                        .put("region", "us-ord")
                        .put("description", "does stuff")
                        .put("cloud_init", true)
                        .put("tags", new JsonArray().add("foo").add("bar")));

        assertThat(reply.status()).isEqualTo(200);
        JsonObject image = reply.body().getJsonObject("image");
        assertThat(image.getString("id")).matches("private/\\d+");
        assertThat(image.getString("status")).isEqualTo("pending_upload");
        assertThat(image.getString("description")).isEqualTo("does stuff");
        assertThat(image.getJsonArray("tags")).containsExactly("bar", "foo");
        assertThat(image.getJsonArray("capabilities")).containsExactly("cloud-init");
        assertThat(image.getJsonArray("regions")).isEmpty();
        assertThat(image.getInteger("size")).isZero();
        assertThat(image.getString("created")).isEqualTo("2026-03-01T12:00:00");
        assertThat(linode.images()).singleElement().satisfies(one -> {
            assertThat(one.label()).isEqualTo("Bob's image, v1.2?");
            assertThat(one.cloudInit()).isTrue();
            assertThat(one.tags()).containsExactly("bar", "foo");
        });
        RecordedRequest request = linode.requests(Operation.CREATE).getFirst();
        assertThat(request.status()).isEqualTo(200);
        assertThat(request.imageIdOrNull()).isEqualTo(image.getString("id"));
        assertThat(request.body()).contains("Bob's image");
        assertThat(request.header("Authorization")).isEqualTo("(masked)");
    }

    @Test
    void names_each_field_that_is_wrong() throws Exception {
        String tooLong = "x".repeat(51);

        assertErrors(new JsonObject(), "label", "region");
        assertErrors(wanted().put("label", tooLong), "label");
        assertErrors(wanted().put("label", ""), "label");
        assertErrors(wanted().put("label", "snow\u2603man"), "label");
        assertErrors(wanted().put("region", "mars-1"), "region");
        assertErrors(wanted().put("description", "x".repeat(65_001)), "description");
        assertErrors(wanted().put("cloud_init", "yes"), "cloud_init");
        assertErrors(wanted().put("tags", new JsonArray().add("ab")), "tags");
        assertErrors(wanted().put("tags", new JsonArray().add("x".repeat(101))), "tags");
        assertErrors(wanted().put("tags", "abc"), "tags");
        List<String> many =
                IntStream.range(0, 501).mapToObj(each -> "tag" + each).toList();
        assertErrors(wanted().put("tags", new JsonArray(many)), "tags");
        assertThat(linode.everCreated()).isEmpty();
    }

    @Test
    void takes_what_is_just_allowed() throws Exception {
        JsonObject wanted = wanted().put("label", "x".repeat(50))
                .put("description", "x".repeat(65_000))
                .put("tags", new JsonArray().add("abc").add("y".repeat(100)));

        assertThat(client.post("/v4/images/upload", wanted).status()).isEqualTo(200);
    }

    @Test
    void refuses_a_body_that_is_no_json() throws Exception {
        assertThat(client.send("POST", "/v4/images/upload", "{label").status()).isEqualTo(400);
    }

    @Test
    void refuses_an_image_beyond_the_quota() throws Exception {
        client.create("a");
        client.create("b");
        Created third = client.create("c");

        assertThat(client.post("/v4/images/upload", wanted()).reason())
                .isEqualTo("Account Limit reached. Please open a support ticket.");

        client.send("DELETE", "/v4/images/" + third.id(), "");
        assertThat(client.post("/v4/images/upload", wanted()).status()).isEqualTo(200);
    }

    @Test
    void gives_an_image_by_id_with_either_spelling_of_the_slash() throws Exception {
        Created created = client.create("a");

        Reply plain = client.get("/v4/images/" + created.id());
        Reply encoded = client.get("/v4/images/" + created.id().replace("/", "%2F"));

        assertThat(plain.status()).isEqualTo(200);
        assertThat(plain.body().getString("label")).isEqualTo("a");
        assertThat(encoded.body()).isEqualTo(plain.body());
        assertThat(linode.requests(Operation.GET_IMAGE)).hasSize(2);
        assertThat(client.get("/v4/images/linode%2Fdebian12").body().getBoolean("is_public"))
                .isTrue();
    }

    @Test
    void knows_no_other_image() throws Exception {
        for (String id : new String[] {"private/1", "private/99999999999", "does-not-exist"}) {
            Reply reply = client.get("/v4/images/" + id);

            assertThat(reply.status()).isEqualTo(404);
            assertThat(reply.body().encode()).isEqualTo("{\"errors\":[{\"reason\":\"Not found\"}]}");
        }
    }

    @Test
    void updates_label_description_and_tags() throws Exception {
        Created created = client.create("a");

        Reply reply = client.send(
                "PUT", "/v4/images/" + created.id(), "{\"label\":\"b\",\"tags\":[\"new\"],\"description\":\"d\"}");

        assertThat(reply.body().getString("label")).isEqualTo("b");
        assertThat(client.image(created).tags()).containsExactly("new");
        assertThat(client.image(created).description()).isEqualTo("d");
        assertThat(client.send("PUT", "/v4/images/" + created.id(), "{\"label\":\"\"}")
                        .status())
                .isEqualTo(400);
        assertThat(client.image(created).label()).isEqualTo("b");
    }

    @Test
    void deletes_a_pending_image_and_tells_that_the_upload_was_cancelled() throws Exception {
        Created created = client.create("a");

        Reply reply = client.send("DELETE", "/v4/images/" + created.id(), "");

        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.body()).isEmpty();
        assertThat(client.get("/v4/images/" + created.id()).status()).isEqualTo(404);
        assertThat(client.send("DELETE", "/v4/images/" + created.id(), "").status())
                .isEqualTo(404);
        assertThat(linode.images()).isEmpty();
        assertThat(client.image(created).endingOrNull()).isEqualTo(Ending.DELETED);
        assertThat(client.uploadEvent(created).getString("message")).isEqualTo("Upload cancelled.");
    }

    @Test
    void does_not_let_public_images_be_changed() throws Exception {
        assertThat(client.send("DELETE", "/v4/images/linode%2Fdebian12", "").status())
                .isEqualTo(403);
    }

    @Test
    void replicates_an_available_image() throws Exception {
        Created created = client.createAvailable("a", CONTENT);

        Reply reply = replicate(created, "us-ord", "fr-par");

        assertThat(reply.body().getJsonArray("regions"))
                .containsExactly(
                        new JsonObject().put("region", "us-ord").put("status", "available"),
                        new JsonObject().put("region", "fr-par").put("status", "pending replication"));
        linode.await(now -> copy(created, "fr-par").equals("replicating"), LinodeClient.LIMIT);
        linode.await(now -> copy(created, "fr-par").equals("available"), LinodeClient.LIMIT);
        assertThat(client.get("/v4/images/" + created.id()).body().getInteger("total_size"))
                .isEqualTo(2);
    }

    @Test
    void removes_the_copies_that_a_replication_leaves_out() throws Exception {
        Created created = client.createAvailable("a", CONTENT);
        replicate(created, "us-ord", "fr-par");
        linode.await(now -> copy(created, "fr-par").equals("available"), LinodeClient.LIMIT);

        replicate(created, "fr-par");

        linode.await(
                now -> client.image(created).regions().equals(List.of(new RegionCopy("fr-par", "available"))),
                LinodeClient.LIMIT);
    }

    @Test
    void refuses_a_replication_that_cannot_be() throws Exception {
        Created pending = client.create("pending");
        Created created = client.createAvailable("a", CONTENT);

        assertThat(replicate(pending, "us-ord", "fr-par").reason()).contains("must be available to be replicated");
        assertThat(replicate(created, "us-ord", "mars-1").reason()).isEqualTo("region is not valid");
        assertThat(replicate(created, "fr-par").reason()).contains("in which the image is available must be given");
        assertThat(client.post("/v4/images/private/1/regions", new JsonObject()).status())
                .isEqualTo(404);
        assertThat(client.image(created).regions()).containsExactly(new RegionCopy("us-ord", "available"));
    }

    private Reply replicate(Created created, String... regions) throws Exception {
        return client.post(
                "/v4/images/" + created.id() + "/regions",
                new JsonObject().put("regions", new JsonArray(List.of((Object[]) regions))));
    }

    private String copy(Created created, String region) {
        return client.image(created).regions().stream()
                .filter(copy -> copy.region().equals(region))
                .map(RegionCopy::status)
                .findFirst()
                .orElse("");
    }

    private static JsonObject wanted() {
        return new JsonObject().put("label", "a").put("region", "us-ord");
    }

    private void assertErrors(JsonObject body, String... fields) throws Exception {
        Reply reply = client.post("/v4/images/upload", body);

        assertThat(reply.status()).isEqualTo(400);
        assertThat(reply.body().getJsonArray("errors").stream().map(error -> ((JsonObject) error).getString("field")))
                .containsExactly(fields);
    }
}
