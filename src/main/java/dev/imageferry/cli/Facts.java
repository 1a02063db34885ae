package dev.imageferry.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/** Lines of a name and a value. What is unknown or empty is left out. */
final class Facts {
    private static final int NAME_COLUMNS = 14;

    private final List<String> lines = new ArrayList<>();

    /** Adds a line as it is. */
    Facts add(String name, String value) {
        if (!value.isBlank()) {
            lines.add((name + ":" + " ".repeat(Math.max(1, NAME_COLUMNS - name.length()))) + FileReport.shown(value));
        }
        return this;
    }

    /** Adds a text, a number, a boolean or a list of them. */
    Facts add(String name, JsonNode value) {
        if (value.isArray()) {
            List<String> texts = new ArrayList<>();
            value.forEach(each -> texts.add(each.asText()));
            return add(name, String.join(", ", texts));
        }
        return value.isValueNode() && !value.isNull() ? add(name, value.asText()) : this;
    }

    Facts addBytes(String name, JsonNode count) {
        return count.isNumber() ? add(name, "%s (%s)".formatted(count.asText(), Sizes.bytes(count.asLong()))) : this;
    }

    Facts addMonthly(String name, JsonNode dollars) {
        return dollars.isNumber() ? add(name, Sizes.monthly(dollars.asDouble())) : this;
    }

    /** Adds a line that may contain colours. */
    Facts addColoured(String name, String coloured) {
        lines.add(name + ":" + " ".repeat(Math.max(1, NAME_COLUMNS - name.length())) + coloured);
        return this;
    }

    List<String> lines() {
        return List.copyOf(lines);
    }
}
