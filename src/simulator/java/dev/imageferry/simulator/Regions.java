package dev.imageferry.simulator;

import dev.imageferry.simulator.SimulatorOptions.Fields;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Linode's regions, by what they have to do with images. */
final class Regions {
    /** Core regions that take uploads. */
    static final Set<String> TAKING_UPLOADS = Set.of(
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

    /** Core regions with Object Storage that refuse uploads all the same; three of Linode's clients keep this list. */
    private static final Set<String> REFUSING_UPLOADS = Set.of("gb-lon", "au-mel", "sg-sin-2", "jp-tyo-3");

    private static final Set<String> WITHOUT_OBJECT_STORAGE = Set.of(
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

    /** The distributed regions whose names were recorded; they have no Object Storage. */
    private static final Set<String> DISTRIBUTED = Set.of(
            "cl-scl-edge-1",
            "co-bog-edge-1",
            "de-ham-edge-1",
            "fr-mrs-edge-1",
            "mx-qro-edge-1",
            "my-kul-edge-1",
            "us-den-edge-1",
            "us-hou-edge-1",
            "za-jnb-edge-1");

    private static final List<String> IDS = Stream.of(
                    TAKING_UPLOADS, REFUSING_UPLOADS, WITHOUT_OBJECT_STORAGE, DISTRIBUTED)
            .flatMap(Set::stream)
            .sorted()
            .toList();

    private Regions() {}

    static boolean known(String region) {
        return IDS.contains(region);
    }

    /** A replica needs it. */
    static boolean hasObjectStorage(String region) {
        return TAKING_UPLOADS.contains(region) || REFUSING_UPLOADS.contains(region);
    }

    static List<JsonObject> all(Fields fields) {
        return IDS.stream().map(id -> json(id, fields)).toList();
    }

    private static JsonObject json(String id, Fields fields) {
        JsonArray capabilities =
                new JsonArray().add("Linodes").add("Cloud Firewall").add("Metadata");
        if (hasObjectStorage(id)) {
            capabilities.add("Object Storage");
        }
        JsonObject limits = new JsonObject().putNull("maximum_pgs_per_customer").put("maximum_linodes_per_pg", 5);
        JsonObject region = new JsonObject()
                .put("id", id)
                .put("label", id)
                .put("country", id.substring(0, 2))
                .put("capabilities", capabilities)
                .put("status", "ok")
                .put("resolvers", new JsonObject().put("ipv4", "192.0.2.1").put("ipv6", "2001:db8::1"))
                .put("placement_group_limits", limits)
                .put("site_type", DISTRIBUTED.contains(id) ? "distributed" : "core");
        if (fields == Fields.WITH_SHARING) {
            limits.put("maximum_linodes_per_flexible_pg", 5);
            region.put(
                    "monitors",
                    new JsonObject()
                            .put("alerts", new JsonArray().add("Linodes"))
                            .put("metrics", new JsonArray().add("Linodes")));
        }
        return region;
    }
}
