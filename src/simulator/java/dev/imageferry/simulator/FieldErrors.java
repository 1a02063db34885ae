package dev.imageferry.simulator;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** Reads the fields of a request's body and collects what is wrong with them, as the API does: all at once. */
final class FieldErrors {
    private static final Pattern LABEL = Pattern.compile("[a-zA-Z0-9,.?\\-_\\s']+");
    private static final int LABEL_CHARACTERS = 50;
    private static final int DESCRIPTION_CHARACTERS = 65_000;
    private static final int TAGS = 500;
    private static final int TAG_CHARACTERS = 100;

    private final JsonArray errors = new JsonArray();

    /** The object in a body; an empty one, and an error, when there is none. */
    JsonObject object(String body) {
        try {
            return new JsonObject(body);
        } catch (DecodeException notJson) {
            errors.add(new JsonObject().put("reason", "JSON parsing error"));
            return new JsonObject();
        }
    }

    void add(String field, String reason) {
        errors.add(new JsonObject().put("field", field).put("reason", reason));
    }

    boolean any() {
        return !errors.isEmpty();
    }

    Answer answer() {
        return Answer.json(400, new JsonObject().put("errors", errors));
    }

    String label(JsonObject body) {
        String label = text(body, "label");
        if (!body.containsKey("label")) {
            add("label", "label is required");
        } else if (label.isEmpty() || label.length() > LABEL_CHARACTERS) {
            add("label", "Length must be 1-50 characters");
        } else if (!LABEL.matcher(label).matches()) {
            add("label", "Must only use ASCII letters, numbers, spaces and the characters , . ? - _ '");
        }
        return label;
    }

    String region(JsonObject body, Set<String> takingUploads) {
        String region = text(body, "region");
        if (!body.containsKey("region")) {
            add("region", "region is required");
        } else if (!Regions.known(region)) {
            add("region", "region is not valid");
        } else if (!takingUploads.contains(region)) {
            add("region", "This region does not support image uploads."); // the real text is not known
        }
        return region;
    }

    String description(JsonObject body) {
        String description = text(body, "description");
        if (description.length() > DESCRIPTION_CHARACTERS) {
            add("description", "Length must be 0-65000 characters");
        }
        return description;
    }

    boolean flag(JsonObject body, String field) {
        Object value = body.getValue(field, false);
        if (value instanceof Boolean flag) {
            return flag;
        }
        add(field, "Must be of type Boolean");
        return false;
    }

    /** Sorted and each once, as the API gives them back. */
    List<String> tags(JsonObject body) {
        List<String> tags = texts(body, "tags");
        if (tags.size() > TAGS) {
            add("tags", "Must be 500 tags or fewer");
        }
        if (tags.stream().anyMatch(tag -> tag.length() < 3 || tag.length() > TAG_CHARACTERS)) {
            add("tags", "Length must be 3-100 characters");
        }
        return List.copyOf(new TreeSet<>(tags));
    }

    List<String> texts(JsonObject body, String field) {
        Object value = body.getValue(field);
        if (value == null) {
            return List.of();
        }
        if (value instanceof JsonArray array && array.stream().allMatch(String.class::isInstance)) {
            return array.stream().map(String.class::cast).toList();
        }
        add(field, "Must be an array of strings");
        return List.of();
    }

    private String text(JsonObject body, String field) {
        Object value = body.getValue(field);
        if (value == null) {
            return "";
        }
        if (value instanceof String text) {
            return text;
        }
        add(field, "Must be of type String");
        return "";
    }
}
