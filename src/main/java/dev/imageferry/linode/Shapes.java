package dev.imageferry.linode;

import com.fasterxml.jackson.databind.JsonNode;
import dev.imageferry.job.ImageRecord;
import dev.imageferry.job.UploadUrl;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads what the API sends, leniently: unknown fields are passed over, missing ones are empty. Only what a caller
 * cannot do without makes an answer unreadable.
 */
final class Shapes {
    private Shapes() {}

    /** A page of a list. */
    record Page<T>(List<T> items, int pages) {}

    static Optional<CreatedImage> created(JsonNode json) {
        String uploadTo = json.path("upload_to").asText();
        return uploadTo.isEmpty()
                ? Optional.empty()
                : image(json.path("image")).map(image -> new CreatedImage(image, new UploadUrl(uploadTo)));
    }

    static Optional<RemoteImage> image(JsonNode json) {
        String id = text(json, "id");
        if (id.isEmpty()) {
            return Optional.empty();
        }
        List<ImageRecord.RegionCopy> regions = new ArrayList<>();
        for (JsonNode copy : json.path("regions")) {
            regions.add(new ImageRecord.RegionCopy(text(copy, "region"), text(copy, "status")));
        }
        List<String> tags = new ArrayList<>();
        for (JsonNode tag : json.path("tags")) {
            tags.add(tag.asText());
        }
        return Optional.of(new RemoteImage(
                id,
                text(json, "label"),
                text(json, "status"),
                regions,
                tags,
                time(json.path("created")),
                json.path("is_public").asBoolean(false)));
    }

    static Optional<Page<RemoteImage>> images(JsonNode json) {
        return page(json).map(items -> {
            List<RemoteImage> images = new ArrayList<>();
            for (JsonNode item : items) {
                image(item).ifPresent(images::add);
            }
            return new Page<>(images, json.path("pages").asInt(1));
        });
    }

    static Optional<Page<ImageEvent>> events(JsonNode json, String entityId) {
        return page(json).map(items -> {
            List<ImageEvent> events = new ArrayList<>();
            for (JsonNode item : items) {
                if (isUploadOf(item, entityId)) {
                    String message = text(item, "message");
                    events.add(new ImageEvent(
                            item.path("id").asLong(),
                            text(item, "status"),
                            message.isEmpty() ? null : message,
                            time(item.path("created"))));
                }
            }
            return new Page<>(events, json.path("pages").asInt(1));
        });
    }

    static Optional<Profile> profile(JsonNode json) {
        return json.isObject() ? Optional.of(new Profile(text(json, "username"))) : Optional.empty();
    }

    static Optional<Done> done(JsonNode json) {
        return json.isObject() ? Optional.of(Done.DONE) : Optional.empty();
    }

    /** A server that passes over the filter must not make another image's failure ours. */
    private static boolean isUploadOf(JsonNode event, String entityId) {
        String action = text(event, "action");
        String entity = text(event.path("entity"), "id");
        return (action.isEmpty() || action.equals("image_upload")) && (entity.isEmpty() || entity.equals(entityId));
    }

    private static Optional<JsonNode> page(JsonNode json) {
        JsonNode data = json.path("data");
        return data.isArray() ? Optional.of(data) : Optional.empty();
    }

    private static String text(JsonNode json, String field) {
        JsonNode value = json.path(field);
        return value.isNull() ? "" : value.asText();
    }

    /** Linode writes UTC without saying so: {@code 2021-08-14T22:44:02}. */
    private static @Nullable Instant time(JsonNode value) {
        if (!value.isTextual()) {
            return null;
        }
        String text = value.asText();
        try {
            return LocalDateTime.parse(text).toInstant(ZoneOffset.UTC);
        } catch (DateTimeParseException withoutZone) {
            try {
                return OffsetDateTime.parse(text).toInstant();
            } catch (DateTimeParseException withZone) {
                return null;
            }
        }
    }
}
