package dev.imageferry.simulator;

import dev.imageferry.simulator.SimulatedImage.Ending;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** An {@link ImageRow} in the {@link StateFile}. */
final class SavedImage {
    private SavedImage() {}

    static JsonObject of(ImageRow row) {
        JsonObject regions = new JsonObject();
        row.regions.forEach(regions::put);
        Ending ending = row.ending;
        return new JsonObject()
                .put("number", row.number)
                .put("label", row.label)
                .put("description", row.description)
                .put("region", row.region)
                .put("cloudInit", row.cloudInit)
                .put("tags", new JsonArray(row.tags))
                .put("created", row.created)
                .put("updated", row.updated)
                .put("event", row.uploadEvent.id())
                .put("status", row.status)
                .put("megabytes", row.megabytes)
                .put("made", row.made)
                .put("objectsStored", row.objectsStored)
                .put("object", object(row.object))
                .put("regions", regions)
                .put("ending", ending == null ? null : ending.name())
                .put("endMessage", row.endMessage);
    }

    static ImageRow row(JsonObject saved, EventLog events) {
        ImageRow.Wanted wanted = new ImageRow.Wanted(
                saved.getString("label"),
                saved.getString("region"),
                saved.getString("description"),
                saved.getBoolean("cloudInit"),
                saved.getJsonArray("tags").stream().map(String.class::cast).toList());
        Instant created = saved.getInstant("created");
        ImageRow row = new ImageRow(saved.getLong("number"), wanted, created, events.byId(saved.getLong("event")));
        row.updated = saved.getInstant("updated");
        row.status = saved.getString("status");
        row.megabytes = saved.getLong("megabytes");
        row.made = saved.getBoolean("made");
        row.objectsStored = saved.getInteger("objectsStored");
        row.object = object(saved.getJsonObject("object"));
        saved.getJsonObject("regions").forEach(copy -> row.regions.put(copy.getKey(), (String) copy.getValue()));
        row.ending = saved.getString("ending") == null ? null : Ending.valueOf(saved.getString("ending"));
        row.endMessage = saved.getString("endMessage");
        return row;
    }

    private static @Nullable JsonObject object(@Nullable StoredObject object) {
        if (object == null) {
            return null;
        }
        JsonObject json = new JsonObject()
                .put("bytes", object.bytes())
                .put("sha256", object.sha256())
                .put("md5", object.md5());
        return switch (object.unpacked()) {
            case Unpacked.Whole whole ->
                json.put("content", "whole")
                        .put("contentBytes", whole.bytes())
                        .put("contentSha256", whole.sha256OrNull());
            case Unpacked.Broken ignored -> json.put("content", "broken");
            case Unpacked.TooLarge ignored -> json.put("content", "too-large");
        };
    }

    private static @Nullable StoredObject object(@Nullable JsonObject saved) {
        if (saved == null) {
            return null;
        }
        Unpacked unpacked = switch (saved.getString("content")) {
            case "whole" -> new Unpacked.Whole(saved.getLong("contentBytes"), saved.getString("contentSha256"));
            case "too-large" -> new Unpacked.TooLarge();
            default -> new Unpacked.Broken();
        };
        return new StoredObject(saved.getLong("bytes"), saved.getString("sha256"), saved.getString("md5"), unpacked);
    }
}
