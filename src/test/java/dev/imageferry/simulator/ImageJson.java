package dev.imageferry.simulator;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;

/** Images as the API writes them. */
final class ImageJson {
    /** Images that everybody has; a listing without a filter brings them too. */
    static final List<JsonObject> PUBLIC = List.of(
            open("debian12", "Debian 12"), open("debian13", "Debian 13"), open("ubuntu24.04", "Ubuntu 24.04 LTS"));

    private ImageJson() {}

    static JsonObject of(SimulatedImage image) {
        JsonArray capabilities = new JsonArray();
        if (image.cloudInit()) {
            capabilities.add("cloud-init");
        }
        if (image.isAvailable()) {
            capabilities.add("distributed-sites");
        }
        JsonArray regions = new JsonArray();
        image.regions()
                .forEach(copy -> regions.add(
                        new JsonObject().put("region", copy.region()).put("status", copy.status())));
        long copies = image.regions().stream()
                .filter(copy -> copy.status().equals("available"))
                .count();
        return new JsonObject()
                .put("id", image.id())
                .put("label", image.label())
                .put("description", image.description())
                .put("created", WireTime.of(image.created()))
                .put("updated", WireTime.of(image.updated()))
                .put("size", image.megabytes())
                .put("created_by", Api.USER)
                .put("type", "manual")
                .put("tags", new JsonArray(image.tags()))
                .put("is_public", false)
                .put("deprecated", false)
                .putNull("vendor")
                .putNull("expiry")
                .putNull("eol")
                .put("status", image.status())
                .put("capabilities", capabilities)
                .put("regions", regions)
                .put("total_size", image.megabytes() * copies);
    }

    private static JsonObject open(String name, String label) {
        return new JsonObject()
                .put("id", "linode/" + name)
                .put("label", label)
                .put("description", "")
                .put("created", "2023-06-11T20:00:00")
                .put("updated", "2023-06-11T20:00:00")
                .put("size", 2048)
                .put("created_by", "linode")
                .put("type", "manual")
                .put("tags", new JsonArray())
                .put("is_public", true)
                .put("deprecated", false)
                .put("vendor", label.substring(0, label.indexOf(' ')))
                .putNull("expiry")
                .put("eol", "2028-07-01T04:00:00")
                .put("status", "available")
                .put("capabilities", new JsonArray().add("cloud-init"))
                .put("regions", new JsonArray())
                .put("total_size", 2048);
    }
}
