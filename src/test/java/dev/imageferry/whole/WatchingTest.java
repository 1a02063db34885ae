package dev.imageferry.whole;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.imageferry.RealTools;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/** Checks dashboard and alert rules without a daemon. */
class WatchingTest {
    @Test
    void every_panel_has_a_unit_a_description_and_a_legend() {
        List<JsonNode> panels = Watching.panels();

        assertThat(panels).hasSizeGreaterThan(20);
        assertThat(panels).allSatisfy(panel -> {
            String title = panel.path("title").asText();
            assertThat(title).isNotBlank();
            assertThat(panel.path("description").asText()).as(title).isNotBlank();
            assertThat(panel.at("/fieldConfig/defaults/unit").asText())
                    .as(title)
                    .isNotBlank();
            assertThat(Watching.targets(panel)).as(title).isNotEmpty().allSatisfy(target -> {
                assertThat(target.path("expr").asText()).as(title).isNotBlank();
                assertThat(target.path("legendFormat").asText()).as(title).isNotBlank();
                assertThat(target.at("/datasource/uid").asText()).as(title).isEqualTo("${datasource}");
            });
            if (panel.get("type").asText().equals("timeseries")) {
                assertThat(panel.at("/options/legend/showLegend").asBoolean())
                        .as(title)
                        .isTrue();
            }
        });
        assertThat(panels).extracting(panel -> panel.get("id").asInt()).doesNotHaveDuplicates();
        assertThat(Watching.dashboard().at("/templating/list"))
                .extracting(variable -> variable.get("name").asText())
                .contains("datasource", "instance");
    }

    @Test
    void every_alert_has_a_runbook() throws IOException {
        List<String> headings = Files.readAllLines(Watching.RUNBOOKS).stream()
                .filter(line -> line.startsWith("## "))
                .map(line -> line.substring(3))
                .toList();
        List<Watching.Rule> alerts =
                Watching.rules().stream().filter(Watching.Rule::isAlert).toList();

        assertThat(alerts).hasSizeGreaterThanOrEqualTo(13).allSatisfy(alert -> {
            assertThat(headings).contains(alert.name());
            assertThat(alert.annotations().get("runbook_url").asText())
                    .startsWith("{{ with $externalLabels.imageferry_docs }}{{ . }}{{ else }}https://")
                    .endsWith("{{ end }}/operations.md#" + alert.name().toLowerCase(Locale.ROOT));
            assertThat(alert.annotations().get("summary").asText()).isNotBlank();
            assertThat(alert.annotations().get("description").asText()).isNotBlank();
        });
    }

    @Test
    void every_alert_has_tests_that_it_fires_and_that_it_does_not() throws IOException {
        String tests = Files.readString(Watching.RULE_TESTS);

        assertThat(Watching.rules().stream().filter(Watching.Rule::isAlert)).allSatisfy(alert -> {
            assertThat(tests)
                    .as(alert.name())
                    .containsPattern("alertname: " + alert.name() + "\\s+exp_alerts:\\s+- exp_labels")
                    .containsPattern("alertname: " + alert.name() + "\\s+exp_alerts: \\[\\]");
        });
    }

    @Test
    void promtool_accepts_the_rules_and_their_tests_pass() throws Exception {
        RealTools.require("promtool");

        promtool("check", "config", "--lint=all", "--lint-fatal", Watching.CONFIGURATION.toString());
        promtool("check", "rules", "--lint=all", "--lint-fatal", Watching.RULES.toString());
        promtool("test", "rules", Watching.RULE_TESTS.toString());
    }

    private static void promtool(String... arguments) throws Exception {
        List<String> command =
                new ArrayList<>(List.of(RealTools.find("promtool").toString()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as("%s%n%s", command, output).isZero();
    }
}
