package dev.imageferry.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.simulator.LinodeClient.Created;
import dev.imageferry.simulator.LinodeClient.Reply;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Which regions take images. */
class RegionsTest {
    private static final List<String> TAKING = List.of(
            "ap-south",
            "br-gru",
            "de-fra-2",
            "es-mad",
            "eu-central",
            "fr-par",
            "id-cgk",
            "in-maa",
            "it-mil",
            "jp-osa",
            "nl-ams",
            "no-osl-1",
            "se-sto",
            "us-east",
            "us-iad",
            "us-iad-2",
            "us-lax",
            "us-mia",
            "us-ord",
            "us-sea",
            "us-southeast");
    private static final List<String> REFUSING = List.of("gb-lon", "au-mel", "sg-sin-2", "jp-tyo-3");
    private static final List<String> WITHOUT_OBJECT_STORAGE = List.of(
            "ap-northeast",
            "ap-southeast",
            "ap-west",
            "ca-central",
            "eu-west",
            "fr-par-2",
            "in-bom-2",
            "us-central",
            "us-rno-1",
            "us-west");
    private static final String DISTRIBUTED = "us-den-edge-1";

    private SimulatedLinode linode = SimulatedLinode.start(SimulatorOptions.forTests());
    private LinodeClient client = new LinodeClient(linode);

    @AfterEach
    void stop() {
        linode.close();
    }

    @Test
    void takes_uploads_in_21_regions() throws Exception {
        assertThat(TAKING).hasSize(21);
        for (String region : TAKING) {
            assertThat(create(region).status()).as(region).isEqualTo(200);
        }
    }

    @Test
    void refuses_uploads_in_the_others_and_names_the_field() throws Exception {
        for (String region : concat(concat(REFUSING, WITHOUT_OBJECT_STORAGE), List.of(DISTRIBUTED, "mars-1", ""))) {
            Reply reply = create(region);

            assertThat(reply.status()).as(region).isEqualTo(400);
            assertThat(reply.body().getJsonArray("errors")).hasSize(1);
            JsonObject error = reply.body().getJsonArray("errors").getJsonObject(0);
            assertThat(error.getString("field")).isEqualTo("region");
            assertThat(error.getString("reason")).isNotEmpty();
        }
        assertThat(linode.everCreated()).isEmpty();
    }

    @Test
    void lists_all_with_site_type_and_capabilities() throws Exception {
        for (String region : TAKING) {
            assertListed(region, "core", true);
        }
        for (String region : REFUSING) {
            assertListed(region, "core", true);
        }
        for (String region : WITHOUT_OBJECT_STORAGE) {
            assertListed(region, "core", false);
        }
        assertListed(DISTRIBUTED, "distributed", false);
        assertThat(client.get("/v4/regions?page_size=25").body().getInteger("pages"))
                .isEqualTo(2);
    }

    @Test
    void copies_only_to_regions_with_object_storage() throws Exception {
        Created created = client.createAvailable("a", TestGzip.of("disk"));

        for (String region : concat(WITHOUT_OBJECT_STORAGE, List.of(DISTRIBUTED))) {
            Reply refused = replicate(created, region);

            assertThat(refused.status()).as(region).isEqualTo(400);
            assertThat(refused.body().getJsonArray("errors").getJsonObject(0).getString("field"))
                    .isEqualTo("regions");
        }
        assertThat(replicate(created, "gb-lon").status())
                .as("it refuses uploads and has Object Storage")
                .isEqualTo(200);
    }

    @Test
    void the_regions_that_take_uploads_can_change() throws Exception {
        linode.close();
        linode = SimulatedLinode.start(SimulatorOptions.forTests().withUploadRegions(Set.of("ap-west")));
        client = new LinodeClient(linode);

        assertThat(create("ap-west").status()).isEqualTo(200);
        assertThat(create("us-ord").status()).isEqualTo(400);
    }

    private void assertListed(String id, String siteType, boolean objectStorage) throws Exception {
        assertThat(client.get("/v4/regions").body().getJsonArray("data"))
                .map(JsonObject.class::cast)
                .filteredOn(region -> region.getString("id").equals(id))
                .singleElement()
                .satisfies(region -> {
                    assertThat(region.getString("site_type")).isEqualTo(siteType);
                    assertThat(region.getJsonArray("capabilities").contains("Object Storage"))
                            .as(id)
                            .isEqualTo(objectStorage);
                });
    }

    private Reply create(String region) throws Exception {
        return client.post(
                "/v4/images/upload", new JsonObject().put("label", "a").put("region", region));
    }

    private Reply replicate(Created created, String region) throws Exception {
        return client.post(
                "/v4/images/" + created.id() + "/regions",
                new JsonObject().put("regions", new JsonArray().add("us-ord").add(region)));
    }

    private static List<String> concat(List<String> one, List<String> other) {
        return Stream.concat(one.stream(), other.stream()).toList();
    }
}
