package dev.imageferry.whole;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.StreamSupport;

/** Reads the delivered dashboard and alert rules. */
final class Watching {
    static final Path RULES = Path.of("deploy/prometheus/imageferry.rules.yml");
    static final Path RULE_TESTS = Path.of("deploy/prometheus/imageferry.rules.test.yml");
    static final Path CONFIGURATION = Path.of("deploy/prometheus/prometheus.yml");
    static final Path DASHBOARD = Path.of("deploy/grafana/dashboards/imageferry.json");
    static final Path RUNBOOKS = Path.of("docs/operations.md");

    private Watching() {}

    /**
     * An alert rule or a recording rule.
     *
     * @param name name of the alert or of the recorded series
     */
    record Rule(String name, boolean isAlert, String expression, JsonNode annotations) {}

    static List<Rule> rules() {
        List<Rule> rules = new ArrayList<>();
        read(new ObjectMapper(new YAMLFactory()), RULES)
                .get("groups")
                .forEach(group -> group.get("rules")
                        .forEach(rule -> rules.add(new Rule(
                                rule.path(rule.has("alert") ? "alert" : "record")
                                        .asText(),
                                rule.has("alert"),
                                rule.get("expr").asText(),
                                rule.path("annotations")))));
        return rules;
    }

    /** All panels except rows, including those inside rows. */
    static List<JsonNode> panels() {
        return flat(read(new ObjectMapper(), DASHBOARD).get("panels"));
    }

    private static List<JsonNode> flat(JsonNode panels) {
        List<JsonNode> found = new ArrayList<>();
        for (JsonNode panel : panels) {
            if (panel.get("type").asText().equals("row")) {
                found.addAll(flat(panel.path("panels")));
            } else {
                found.add(panel);
            }
        }
        return found;
    }

    static List<JsonNode> targets(JsonNode panel) {
        return StreamSupport.stream(panel.path("targets").spliterator(), false).toList();
    }

    static JsonNode dashboard() {
        return read(new ObjectMapper(), DASHBOARD);
    }

    private static JsonNode read(ObjectMapper mapper, Path file) {
        try {
            return mapper.readTree(file.toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
