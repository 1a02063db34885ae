package dev.imageferry.simulator;

import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** The calls about images. */
final class ImageCalls {
    /**
     * The specification names all of these. Only label and is_public are to be trusted at Linode, so the others make no
     * difference here; a client that relies on one fails.
     */
    private static final Filter FILTER = new Filter(
            Set.of("label", "is_public"),
            Set.of("is_shared", "type", "status", "tags", "size", "vendor", "deprecated", "regions"),
            Set.of("label", "is_public", "type", "size", "vendor", "deprecated"));

    private final Changes changes;
    private final SimulatorOptions options;
    private final ImageStore images;
    private final Processing processing;
    private final Bucket bucket;

    ImageCalls(Changes changes, SimulatorOptions options, ImageStore images, Processing processing, Bucket bucket) {
        this.changes = changes;
        this.options = options;
        this.images = images;
        this.processing = processing;
        this.bucket = bucket;
    }

    Answer create(Call call) {
        FieldErrors errors = new FieldErrors();
        JsonObject body = errors.object(call.body());
        ImageRow.Wanted wanted = new ImageRow.Wanted(
                errors.label(body),
                errors.region(body, options.uploadRegions()),
                errors.description(body),
                errors.flag(body, "cloud_init"),
                errors.tags(body));
        if (errors.any()) {
            return errors.answer();
        }
        synchronized (changes) {
            if (images.existing().size() >= options.imageQuota()) {
                return Answer.error(400, "Account Limit reached. Please open a support ticket.");
            }
            ImageRow row = images.create(wanted);
            call.exchange().about(row.label, row.id());
            return Answer.json(
                    200,
                    new JsonObject()
                            .put("upload_to", bucket.uploadTo(call.origin(), row))
                            .put("image", json(row)));
        }
    }

    Answer get(Call call) {
        for (JsonObject open : open()) {
            if (call.image().equals(open.getString("id"))) {
                return Answer.json(200, open);
            }
        }
        return onImage(call, row -> Answer.json(200, json(row)));
    }

    Answer update(Call call) {
        return onImage(call, row -> {
            FieldErrors errors = new FieldErrors();
            JsonObject body = errors.object(call.body());
            String label = body.containsKey("label") ? errors.label(body) : row.label;
            String description = body.containsKey("description") ? errors.description(body) : row.description;
            List<String> tags = body.containsKey("tags") ? errors.tags(body) : row.tags;
            if (errors.any()) {
                return errors.answer();
            }
            row.label = label;
            row.description = description;
            row.tags = tags;
            images.updated(row);
            return Answer.json(200, json(row));
        });
    }

    Answer delete(Call call) {
        return onImage(call, row -> {
            images.delete(row);
            return Answer.json(200, new JsonObject());
        });
    }

    /** The body names the full set of regions wanted. */
    Answer replicate(Call call) {
        return onImage(call, row -> {
            FieldErrors errors = new FieldErrors();
            List<String> wanted = errors.texts(errors.object(call.body()), "regions");
            if (!wanted.stream().allMatch(Regions::known)) {
                errors.add("regions", "region is not valid");
            } else if (!wanted.stream().allMatch(this::takesCopies)) {
                errors.add("regions", "Image replication needs Object Storage in each region."); // real text not known
            }
            if (errors.any()) {
                return errors.answer();
            }
            if (!row.isAvailable()) {
                return Answer.error(400, "Image must be available to be replicated.");
            }
            if (wanted.stream().noneMatch(region -> "available".equals(row.regions.get(region)))) {
                return Answer.fieldError(
                        400, "regions", "At least one region in which the image is available must be given.");
            }
            for (String region : List.copyOf(row.regions.keySet())) {
                if (!wanted.contains(region)) {
                    processing.removeCopy(row, region);
                }
            }
            for (String region : wanted) {
                String status = row.regions.getOrDefault(region, "");
                if (status.isEmpty() || status.equals("timedout") || status.equals("pending deletion")) {
                    processing.replicate(row, region, call.exchange().target());
                }
            }
            images.touched(row);
            return Answer.json(200, json(row));
        });
    }

    Answer list(Call call) {
        List<JsonObject> rows = new ArrayList<>(open());
        images.existing().forEach(image -> rows.add(ImageJson.of(image, options.fields())));
        return switch (FILTER.choose(call.headers().get("X-Filter"), rows)) {
            case Filter.Outcome.Chosen chosen -> Pages.ofImages(chosen.rows(), call.query());
            case Filter.Outcome.Refused refused -> refused.answer();
        };
    }

    private Answer onImage(Call call, Function<ImageRow, Answer> action) {
        if (call.image().startsWith("linode/")) {
            return Answer.error(403, "Unauthorized");
        }
        Long number = Call.privateNumber(call.image());
        synchronized (changes) {
            Optional<ImageRow> row = number == null ? Optional.empty() : images.existing(number);
            return row.map(action).orElseGet(Answer::notFound);
        }
    }

    private boolean takesCopies(String region) {
        return Regions.hasObjectStorage(region) || options.uploadRegions().contains(region);
    }

    private List<JsonObject> open() {
        return ImageJson.open(options.fields());
    }

    private JsonObject json(ImageRow row) {
        return ImageJson.of(row.snapshot(), options.fields());
    }
}
