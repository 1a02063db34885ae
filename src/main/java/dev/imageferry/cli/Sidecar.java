package dev.imageferry.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The metadata options of {@code put}, and the sidecar that carries them. */
record Sidecar(
        @Nullable String label,
        @Nullable String description,
        @Nullable String region,
        List<String> tags,
        @Nullable Boolean cloudInit,
        @Nullable Integer priority,
        @Nullable String family,
        @Nullable Integer keep) {
    Sidecar {
        tags = List.copyOf(tags);
    }

    boolean isEmpty() {
        return label == null
                && description == null
                && region == null
                && tags.isEmpty()
                && cloudInit == null
                && priority == null
                && family == null
                && keep == null;
    }

    /** YAML in which every string is quoted, so that none is taken for a number, a date or a boolean. */
    String toYaml() {
        YAMLFactory yaml = YAMLFactory.builder()
                .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
                .disable(YAMLGenerator.Feature.SPLIT_LINES)
                .build();
        StringWriter text = new StringWriter();
        try (JsonGenerator generator = yaml.createGenerator(text)) {
            generator.writeStartObject();
            write(generator, "label", label);
            write(generator, "description", description);
            write(generator, "region", region);
            if (!tags.isEmpty()) {
                generator.writeArrayFieldStart("tags");
                for (String tag : tags) {
                    generator.writeString(tag);
                }
                generator.writeEndArray();
            }
            if (cloudInit != null) {
                generator.writeBooleanField("cloudInit", cloudInit);
            }
            if (priority != null) {
                generator.writeNumberField("priority", priority);
            }
            write(generator, "family", family);
            if (keep != null) {
                generator.writeNumberField("keep", keep);
            }
            generator.writeEndObject();
        } catch (IOException e) {
            throw new IllegalStateException("writing to a string cannot fail", e);
        }
        return text.toString();
    }

    private static void write(JsonGenerator generator, String key, @Nullable String value) throws IOException {
        if (value != null) {
            generator.writeStringField(key, value);
        }
    }
}
