package dev.imageferry.simulator;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;

/** The regions that take images here: a part of Linode's. */
final class Regions {
    private static final List<String> IDS = List.of(
            "ap-northeast",
            "ap-south",
            "ap-southeast",
            "ap-west",
            "au-mel",
            "br-gru",
            "ca-central",
            "de-fra-2",
            "es-mad",
            "eu-central",
            "eu-west",
            "fr-par",
            "fr-par-2",
            "gb-lon",
            "id-cgk",
            "in-bom-2",
            "in-maa",
            "it-mil",
            "jp-osa",
            "jp-tyo-3",
            "nl-ams",
            "se-sto",
            "sg-sin-2",
            "us-central",
            "us-east",
            "us-iad",
            "us-iad-2",
            "us-lax",
            "us-mia",
            "us-ord",
            "us-sea",
            "us-southeast",
            "us-west");

    private Regions() {}

    static boolean known(String region) {
        return IDS.contains(region);
    }

    static List<JsonObject> all() {
        return IDS.stream().map(Regions::json).toList();
    }

    private static JsonObject json(String id) {
        return new JsonObject()
                .put("id", id)
                .put("label", id)
                .put("country", id.substring(0, 2))
                .put(
                        "capabilities",
                        new JsonArray().add("Linodes").add("Object Storage").add("Metadata"))
                .put("status", "ok")
                .put("site_type", "core");
    }
}
