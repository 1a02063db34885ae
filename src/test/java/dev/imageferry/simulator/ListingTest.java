package dev.imageferry.simulator;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.SettableClock;
import dev.imageferry.simulator.LinodeClient.Created;
import dev.imageferry.simulator.LinodeClient.Reply;
import dev.imageferry.simulator.SimulatorOptions.RateLimitValues;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Listings, events, tokens, rate limits and the views for people. */
class ListingTest {
    private final SettableClock clock = new SettableClock(Instant.parse("2026-03-01T12:00:00Z"));
    private SimulatedLinode linode =
            SimulatedLinode.start(SimulatorOptions.forTests().withClock(clock));
    private LinodeClient client = new LinodeClient(linode);

    @AfterEach
    void stop() {
        linode.close();
    }

    @Test
    void lists_public_and_private_images() throws Exception {
        client.create("mine");

        Reply reply = client.get("/v4/images");

        assertThat(labels(reply)).contains("Debian 12", "mine");
        assertThat(reply.body().getInteger("page")).isEqualTo(1);
        assertThat(reply.body().getInteger("pages")).isEqualTo(1);
        assertThat(reply.body().getInteger("results")).isEqualTo(ImageJson.PUBLIC.size() + 1);
    }

    @Test
    void filters_by_label_and_is_public_only() throws Exception {
        client.create("mine");
        client.create("other");

        assertThat(labels(client.get("/v4/images", "X-Filter", "{\"label\":\"mine\"}")))
                .containsExactly("mine");
        assertThat(labels(client.get("/v4/images", "X-Filter", "{\"is_public\":false}")))
                .containsExactly("mine", "other");
        assertThat(labels(client.get(
                        "/v4/images",
                        "X-Filter",
                        "{\"+or\":[{\"label\":\"mine\"},{\"label\":{\"+contains\":\"oth\"}}]}")))
                .containsExactly("mine", "other");
        assertThat(labels(client.get("/v4/images", "X-Filter", "{\"tags\":\"no-such\",\"is_public\":false}")))
                .as("tags are not to be trusted")
                .containsExactly("mine", "other");
        Reply refused = client.get("/v4/images", "X-Filter", "{\"foo\":\"bar\"}");
        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.reason()).isEqualTo("Cannot filter on foo");
        assertThat(client.get("/v4/images", "X-Filter", "{").status()).isEqualTo(400);
    }

    @Test
    void takes_the_filters_of_the_specification_and_lets_most_make_no_difference() throws Exception {
        client.create("mine");
        for (String field :
                new String[] {"is_shared", "type", "status", "tags", "size", "vendor", "deprecated", "regions"}) {
            String filter = "{\"is_public\":false,\"" + field + "\":\"no-such\"}";

            assertThat(labels(client.get("/v4/images", "X-Filter", filter)))
                    .as(field)
                    .containsExactly("mine");
        }
        assertThat(labels(client.get("/v4/images", "X-Filter", "{\"+or\":[{\"tags\":\"no-such\"}]}")))
                .as("tags inside +or are broken")
                .contains("mine", "Debian 12");
        for (String field : new String[] {"id", "created", "description", "capabilities"}) {
            assertThat(client.get("/v4/images", "X-Filter", "{\"" + field + "\":\"x\"}")
                            .reason())
                    .isEqualTo("Cannot filter on " + field);
        }
    }

    @Test
    void does_not_order_by_status() throws Exception {
        client.create("b");
        client.create("a");

        assertThat(labels(client.get("/v4/images", "X-Filter", "{\"is_public\":false,\"+order_by\":\"label\"}")))
                .containsExactly("a", "b");
        assertThat(client.get("/v4/images", "X-Filter", "{\"+order_by\":\"status\"}")
                        .status())
                .isEqualTo(400);
        assertThat(client.get("/v4/account/events", "X-Filter", "{\"+order_by\":\"status\"}")
                        .status())
                .isEqualTo(400);
    }

    @Test
    void an_empty_listing_has_no_page_of_images_and_one_of_events() throws Exception {
        Reply images = client.get("/v4/images?page=1", "X-Filter", "{\"label\":\"not-found\"}");
        Reply events = client.get("/v4/account/events");

        assertThat(images.body()).isEqualTo(new JsonObject("{\"data\":[],\"page\":0,\"pages\":0,\"results\":0}"));
        assertThat(events.body()).isEqualTo(new JsonObject("{\"data\":[],\"page\":1,\"pages\":1,\"results\":0}"));
        assertThat(client.get("/v4/images?page=2", "X-Filter", "{\"label\":\"not-found\"}")
                        .status())
                .isEqualTo(404);
    }

    @Test
    void cuts_pages() throws Exception {
        for (int each = 0; each < 27; each++) {
            client.create("image-" + each);
        }
        String mine = "{\"is_public\":false}";

        Reply second = client.get("/v4/images?page=2&page_size=25", "X-Filter", mine);

        assertThat(labels(second)).containsExactly("image-25", "image-26");
        assertThat(second.body().getInteger("pages")).isEqualTo(2);
        assertThat(second.body().getInteger("results")).isEqualTo(27);
        assertThat(client.get("/v4/images?page_size=24").status()).isEqualTo(400);
        assertThat(client.get("/v4/images?page_size=501").status()).isEqualTo(400);
        assertThat(client.get("/v4/images?page_size=500").status()).isEqualTo(200);
        assertThat(client.get("/v4/images?page=0").status()).isEqualTo(400);
        assertThat(client.get("/v4/images?page=9").status()).isEqualTo(404);
    }

    @Test
    void tells_the_events_of_an_image_in_order() throws Exception {
        client.createAvailable("first", TestGzip.of("1"));
        Created second = client.createAvailable("second", TestGzip.of("2"));
        client.send("DELETE", "/v4/images/" + second.id(), "");
        String number = second.id().substring("private/".length());

        Reply reply = client.get(
                "/v4/account/events",
                "X-Filter",
                "{\"+order\":\"asc\",\"+order_by\":\"created\",\"entity.id\":" + number
                        + ",\"entity.type\":\"image\"}");

        JsonArray events = reply.body().getJsonArray("data");
        assertThat(events.stream().map(each -> ((JsonObject) each).getString("action")))
                .containsExactly("image_upload", "image_delete");
        assertThat(client.uploadEvent(second).getString("status")).isEqualTo("finished");
        assertThat(client.uploadEvent(second).getJsonObject("entity").getString("label"))
                .isEqualTo("second");
    }

    @Test
    void cannot_filter_events_on_status() throws Exception {
        Reply reply = client.get("/v4/account/events", "X-Filter", "{\"status\":\"failed\"}");

        assertThat(reply.status()).isEqualTo(400);
        assertThat(reply.reason()).isEqualTo("Cannot filter on status");
    }

    @Test
    void knows_regions_and_the_tokens_profile() throws Exception {
        assertThat(client.get("/v4/regions").body().getJsonArray("data").stream()
                        .map(each -> ((JsonObject) each).getString("id")))
                .contains("us-ord", "us-iad", "us-east", "fr-par", "se-sto");
        assertThat(client.get("/v4/profile").body().getString("username")).isNotEmpty();
        assertThat(client.get("/v4/nothing").status()).isEqualTo(404);
    }

    @Test
    void marks_every_answer_as_simulated() throws Exception {
        assertThat(client.get("/v4/profile").header("X-Simulated-Linode")).isEqualTo("true");
        assertThat(client.get("/v4/nothing").header("X-Simulated-Linode")).isEqualTo("true");
        assertThat(client.get("/v4/profile", "Authorization", "Bearer wrong").header("X-Simulated-Linode"))
                .isEqualTo("true");
    }

    @Test
    void accepts_only_the_tokens_that_are_good_now() throws Exception {
        assertThat(client.get("/v4/profile", "Authorization", "Bearer wrong")
                        .body()
                        .encode())
                .isEqualTo("{\"errors\":[{\"reason\":\"Invalid Token\"}]}");

        linode.acceptToken("rotated");
        linode.revokeToken(linode.token());

        assertThat(client.get("/v4/profile").status()).isEqualTo(401);
        assertThat(client.get("/v4/profile", "Authorization", "Bearer rotated").status())
                .isEqualTo(200);
    }

    @Test
    void lets_a_token_list_20_times_a_minute() throws Exception {
        restart(SimulatorOptions.forTests().withClock(clock).withRateLimits(RateLimitValues.OF_LINODE));
        for (int call = 1; call <= 20; call++) {
            Reply reply = client.get("/v4/images");
            assertThat(reply.status()).isEqualTo(200);
            assertThat(reply.header("X-RateLimit-Limit")).isEqualTo("20");
            assertThat(reply.header("X-RateLimit-Remaining")).isEqualTo(Integer.toString(20 - call));
        }
        clock.advance(Duration.ofSeconds(18));

        Reply refused = client.get("/v4/images");

        assertThat(refused.status()).isEqualTo(429);
        assertThat(refused.header("Retry-After")).isEqualTo("42");
        assertThat(refused.header("X-RateLimit-Reset"))
                .isEqualTo(Long.toString(clock.instant().getEpochSecond() + 42));
        assertThat(client.get("/v4/profile").header("X-RateLimit-Limit")).isEqualTo("1600");
        assertThat(client.get("/v4/account/events").header("X-RateLimit-Limit")).isEqualTo("200");
        clock.advance(Duration.ofSeconds(42));
        assertThat(client.get("/v4/images").status()).isEqualTo(200);
    }

    @Test
    void shows_people_what_it_holds_and_no_secret() throws Exception {
        Created created = client.create("shown");
        client.put(created.uploadTo(), "content".getBytes(UTF_8));

        String images = client.exchange("GET", "/simulator/images", "").body();
        String requests = client.exchange("GET", "/simulator/requests", "").body();

        assertThat(images)
                .contains("shown", "ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73")
                .doesNotContain("Signature");
        assertThat(requests)
                .contains("PUT_OBJECT", "CREATE")
                .doesNotContain("Signature")
                .doesNotContain(linode.token());
    }

    private void restart(SimulatorOptions options) {
        linode.close();
        linode = SimulatedLinode.start(options);
        client = new LinodeClient(linode);
    }

    private static Stream<String> labels(Reply reply) {
        return reply.body().getJsonArray("data").stream().map(each -> ((JsonObject) each).getString("label"));
    }
}
