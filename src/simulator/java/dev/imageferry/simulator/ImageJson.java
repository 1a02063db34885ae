package dev.imageferry.simulator;

import dev.imageferry.simulator.SimulatorOptions.Fields;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;

/** Images as the API writes them. */
final class ImageJson {
    /** Images that everybody has; a listing without a filter brings them too. */
    static final List<JsonObject> PUBLIC = open(Fields.WITH_SHARING);

    private ImageJson() {}

    static List<JsonObject> open(Fields fields) {
        return List.of(
                open("debian12", "Debian 12", fields),
                open("debian13", "Debian 13", fields),
                open("ubuntu24.04", "Ubuntu 24.04 LTS", fields));
    }

    static JsonObject of(SimulatedImage image, Fields fields) {
        JsonArray capabilities = new JsonArray();
        if (image.cloudInit()) {
            capabilities.add("cloud-init");
        }
        if (image.isAvailable() && fields != Fields.WITHOUT_REGIONS) {
            capabilities.add("distributed-sites");
        }
        JsonArray regions = new JsonArray();
        image.regions()
                .forEach(copy -> regions.add(
                        new JsonObject().put("region", copy.region()).put("status", copy.status())));
        long copies = image.regions().stream()
                .filter(copy -> copy.status().equals("available"))
                .count();
        JsonObject json = new JsonObject()
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
                .put("capabilities", capabilities);
        if (fields != Fields.WITHOUT_REGIONS) {
            json.put("regions", regions).put("total_size", image.megabytes() * copies);
        }
        if (fields == Fields.WITH_SHARING) {
            JsonObject sharedWith = new JsonObject()
                    .put("sharegroup_count", 0)
                    .put("sharegroup_list_url", "/images/" + image.id() + "/sharegroups");
            json.put("is_shared", false)
                    .put(
                            "image_sharing",
                            new JsonObject().put("shared_with", sharedWith).putNull("shared_by"));
        }
        return json;
    }

    private static JsonObject open(String name, String label, Fields fields) {
        JsonObject json = new JsonObject()
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
                .put("capabilities", new JsonArray().add("cloud-init"));
        if (fields == Fields.WITH_SHARING) {
            json.put("is_shared", false).putNull("regions").putNull("image_sharing");
        }
        return json;
    }
}
