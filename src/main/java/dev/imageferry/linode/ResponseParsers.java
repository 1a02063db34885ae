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
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Parses answers of the API leniently: unknown fields are ignored, and missing ones are null. A result is empty only if an
 * indispensable field is missing.
 */
final class ResponseParsers {
    private ResponseParsers() {}

    /**
     * A page of a list.
     *
     * @param items the requested entries
     * @param ids of all entries on the page; empty strings for entries without one
     * @param pagesOrNull number of pages of the list
     * @param resultsOrNull number of entries of the list
     */
    record Page<T>(
            List<T> items,
            List<String> ids,
            @Nullable Integer pagesOrNull,
            @Nullable Integer resultsOrNull) {}

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
        return Optional.of(new RemoteImage(
                id,
                textOrNull(json, "label"),
                textOrNull(json, "status"),
                regions(json.path("regions")),
                texts(json.path("tags")),
                json.path("is_public").asBoolean(false)));
    }

    /** Null also if an entry has no region, because replicating to the others would remove that copy. */
    private static @Nullable List<ImageRecord.RegionCopy> regions(JsonNode json) {
        if (!json.isArray()) {
            return null;
        }
        List<ImageRecord.RegionCopy> regions = new ArrayList<>();
        for (JsonNode copy : json) {
            String region = text(copy, "region");
            if (region.isEmpty()) {
                return null;
            }
            regions.add(new ImageRecord.RegionCopy(region, text(copy, "status")));
        }
        return regions;
    }

    private static @Nullable List<String> texts(JsonNode json) {
        if (!json.isArray()) {
            return null;
        }
        List<String> texts = new ArrayList<>();
        for (JsonNode text : json) {
            texts.add(text.asText());
        }
        return texts;
    }

    static Optional<Page<RemoteImage>> images(JsonNode json) {
        List<RemoteImage> images = new ArrayList<>();
        for (JsonNode item : json.path("data")) {
            image(item).ifPresent(images::add);
        }
        return page(json, images);
    }

    static Optional<Page<ImageEvent>> events(JsonNode json, String entityId) {
        List<ImageEvent> events = new ArrayList<>();
        for (JsonNode item : json.path("data")) {
            if (isUploadOf(item, entityId)) {
                events.add(new ImageEvent(
                        item.path("id").asLong(),
                        text(item, "status").toLowerCase(Locale.ROOT),
                        textOrNull(item, "message"),
                        time(item.path("created"))));
            }
        }
        return page(json, events);
    }

    static Optional<Page<Region>> regionList(JsonNode json) {
        List<Region> regions = new ArrayList<>();
        for (JsonNode item : json.path("data")) {
            regions.add(new Region(text(item, "id"), textOrNull(item, "site_type"), texts(item.path("capabilities"))));
        }
        return page(json, regions);
    }

    private static <T> Optional<Page<T>> page(JsonNode json, List<T> items) {
        JsonNode data = json.path("data");
        if (!data.isArray()) {
            return Optional.empty();
        }
        List<String> ids = new ArrayList<>();
        for (JsonNode item : data) {
            ids.add(text(item, "id"));
        }
        return Optional.of(new Page<>(items, ids, numberOrNull(json, "pages"), numberOrNull(json, "results")));
    }

    static Optional<Profile> profile(JsonNode json) {
        String username = text(json, "username");
        return username.isEmpty() ? Optional.empty() : Optional.of(new Profile(username));
    }

    /** The API answers a successful call without result with {@code {}}. */
    static Optional<Done> done(JsonNode json) {
        return json.isObject() && json.isEmpty() ? Optional.of(Done.DONE) : Optional.empty();
    }

    /** Repeats the filter of the request, in case the server ignores it. */
    private static boolean isUploadOf(JsonNode event, String entityId) {
        return text(event, "action").equals("image_upload")
                && text(event.path("entity"), "id").equals(entityId);
    }

    private static String text(JsonNode json, String field) {
        JsonNode value = json.path(field);
        return value.isNull() ? "" : value.asText();
    }

    private static @Nullable String textOrNull(JsonNode json, String field) {
        String text = text(json, field);
        return text.isEmpty() ? null : text;
    }

    private static @Nullable Integer numberOrNull(JsonNode json, String field) {
        JsonNode value = json.path(field);
        return value.isInt() ? Integer.valueOf(value.intValue()) : null;
    }

    /** Linode sends UTC without a zone: {@code 2021-08-14T22:44:02}. */
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
