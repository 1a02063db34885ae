package dev.imageferry.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.List;

/** Prints JSON in the form that {@code inspect --json} has. */
final class JobJson {
    private JobJson() {}

    static void print(Terminal terminal, List<JsonNode> elements) {
        print(terminal, JsonNodeFactory.instance.arrayNode().addAll(elements));
    }

    static void print(Terminal terminal, JsonNode value) {
        terminal.printJson(value.toPrettyString());
    }
}
