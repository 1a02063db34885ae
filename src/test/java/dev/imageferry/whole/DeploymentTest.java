package dev.imageferry.whole;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.imageferry.RealTools;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.json.schema.Draft;
import io.vertx.json.schema.JsonSchema;
import io.vertx.json.schema.JsonSchemaOptions;
import io.vertx.json.schema.OutputFormat;
import io.vertx.json.schema.OutputUnit;
import io.vertx.json.schema.Validator;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** Checks deploy/container and deploy/kubernetes without Docker and without a cluster. */
class DeploymentTest {
    private static final Path CONTAINER = Path.of("deploy/container");
    private static final Path KUBERNETES = Path.of("deploy/kubernetes");
    private static final Path UNIT = Path.of("deploy/imageferry.service");
    private static final Map<String, String> POD_LABELS = Map.of("app.kubernetes.io/name", "imageferry");
    private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());

    @Test
    void compose_file_fits_the_schema_of_the_specification() throws IOException {
        assertThat(composeErrors(compose())).isEmpty();
    }

    @Test
    void the_schema_refuses_unknown_fields_and_wrong_types() throws IOException {
        JsonObject unknown = compose();
        unknown.getJsonObject("services").getJsonObject("imageferry").put("readonly", true);
        JsonObject wrong = compose();
        wrong.getJsonObject("services").getJsonObject("imageferry").put("read_only", List.of());

        assertThat(composeErrors(unknown)).isNotEmpty();
        assertThat(composeErrors(wrong)).isNotEmpty();
    }

    @Test
    void files_that_the_compose_file_mounts_exist() throws IOException {
        List<Path> files = new ArrayList<>();
        for (JsonObject service : services()) {
            service.getJsonArray("volumes", new JsonArray()).stream()
                    .map(String.class::cast)
                    .filter(volume -> volume.startsWith("."))
                    .forEach(volume -> files.add(CONTAINER.resolve(volume.split(":", -1)[0])));
        }

        assertThat(files)
                .hasSizeGreaterThan(4)
                .allSatisfy(file -> assertThat(file).exists());
        assertThat(files.stream().map(Path::normalize)).contains(Watching.RULES, Watching.DASHBOARD.getParent());
        JsonObject build = daemon().getJsonObject("build");
        assertThat(CONTAINER
                        .resolve(build.getString("context"))
                        .resolve(build.getString("dockerfile"))
                        .normalize())
                .isEqualTo(CONTAINER.resolve("Containerfile"));
    }

    @Test
    void every_image_has_a_version() throws IOException {
        Stream<String> images = services().stream()
                .map(service -> service.getString("image"))
                .filter(image -> !image.equals("imageferry"));
        Stream<String> base = Files.readString(CONTAINER.resolve("Containerfile"))
                .lines()
                .filter(line -> line.startsWith("ARG BASE="))
                .map(line -> line.substring("ARG BASE=".length()));

        assertThat(Stream.concat(images, base).toList())
                .hasSize(5)
                .allSatisfy(image -> assertThat(image).matches("docker\\.io/[a-z/]+:v?\\d+\\.\\d+[.\\da-z-]*"));
    }

    @Test
    void promtool_accepts_the_configuration_of_the_container(@TempDir Path folder) throws Exception {
        Path configuration = folder.resolve("prometheus.yml");
        Files.copy(CONTAINER.resolve("prometheus.yml"), configuration);
        Files.copy(Watching.RULES, folder.resolve(Watching.RULES.getFileName()));

        assertThat(run("promtool", "check", "config", "--lint=all", "--lint-fatal", configuration.toString()))
                .contains("SUCCESS");
    }

    @Test
    void amtool_accepts_the_configuration_of_the_container() throws Exception {
        assertThat(run(
                        "amtool",
                        "check-config",
                        CONTAINER.resolve("alertmanager.yml").toString()))
                .contains("SUCCESS");
    }

    @Test
    void grafana_and_prometheus_agree_on_the_interval() throws IOException {
        JsonNode prometheus = YAML.readTree(CONTAINER.resolve("prometheus.yml").toFile());
        JsonNode source = YAML.readTree(CONTAINER.resolve("datasource.yml").toFile());

        assertThat(source.at("/datasources/0/jsonData/timeInterval"))
                .isEqualTo(prometheus.at("/global/scrape_interval"));
        assertThat(prometheus.at("/scrape_configs/0/job_name").asText()).isEqualTo("imageferry");
    }

    @ParameterizedTest
    @ValueSource(strings = {"embedded", "replicas"})
    void manifests_fit_the_model_and_select_the_pods(String overlay) throws Exception {
        List<JsonNode> manifests = render(overlay);

        Set<String> kinds = new HashSet<>();
        for (JsonNode manifest : manifests) {
            kinds.add(KubernetesModel.read(manifest).getKind());
        }

        assertThat(kinds)
                .containsExactlyInAnyOrder(
                        "ConfigMap",
                        "NetworkPolicy",
                        "PersistentVolumeClaim",
                        "PodDisruptionBudget",
                        "PodMonitor",
                        "PrometheusRule",
                        "Service",
                        "StatefulSet");
        assertThat(Stream.of(
                        kind(manifests, "StatefulSet").at("/spec/selector/matchLabels"),
                        kind(manifests, "StatefulSet").at("/spec/template/metadata/labels"),
                        kind(manifests, "Service").at("/spec/selector"),
                        kind(manifests, "PodDisruptionBudget").at("/spec/selector/matchLabels"),
                        kind(manifests, "NetworkPolicy").at("/spec/podSelector/matchLabels"),
                        kind(manifests, "PodMonitor").at("/spec/selector/matchLabels")))
                .allSatisfy(labels -> assertThat(labels).isEqualTo(YAML.valueToTree(POD_LABELS)));
    }

    @Test
    void replicas_share_a_volume_and_a_database() throws Exception {
        List<JsonNode> manifests = render("replicas");

        assertThat(kind(manifests, "PersistentVolumeClaim")
                        .at("/spec/accessModes/0")
                        .asText())
                .isEqualTo("ReadWriteMany");
        assertThat(kind(manifests, "StatefulSet").at("/spec/replicas").asInt()).isGreaterThan(1);
        assertThat(kind(manifests, "StatefulSet")
                        .at("/spec/template/spec/containers/0/env")
                        .findValuesAsText("name"))
                .contains("QUARKUS_DATASOURCE_JDBC_URL", "IMAGEFERRY_LINODE_TOKEN_FILE");
    }

    @Test
    void the_model_refuses_unknown_fields_and_wrong_types() throws Exception {
        List<JsonNode> manifests = render("embedded");

        ObjectNode unknown = container(kind(manifests, "StatefulSet").deepCopy());
        unknown.withObject("/livenessProbe").put("failureTreshold", 3);
        assertRefused(manifests, "StatefulSet", unknown, "failureTreshold");
        ObjectNode text = container(kind(manifests, "StatefulSet").deepCopy());
        text.withObject("/livenessProbe").put("periodSeconds", "15");
        assertRefused(manifests, "StatefulSet", text, "periodSeconds");
        ObjectNode number = container(kind(manifests, "StatefulSet").deepCopy());
        ((ObjectNode) number.withArray("/env").get(0)).put("value", 8080);
        assertRefused(manifests, "StatefulSet", number, "value");
        ObjectNode monitor = kind(manifests, "PodMonitor").deepCopy();
        monitor.withObject("/spec").put("joblabel", "x");
        assertThatThrownBy(() -> KubernetesModel.read(monitor))
                .isInstanceOf(JsonMappingException.class)
                .hasMessageContaining("joblabel");
    }

    private static void assertRefused(List<JsonNode> manifests, String kind, ObjectNode container, String field) {
        ObjectNode manifest = kind(manifests, kind).deepCopy();
        ((ArrayNode) manifest.at("/spec/template/spec/containers")).set(0, container);
        assertThatThrownBy(() -> KubernetesModel.read(manifest))
                .isInstanceOf(JsonMappingException.class)
                .hasMessageContaining(field);
    }

    @Test
    void the_rules_of_the_operator_are_those_of_prometheus() throws IOException {
        Path rule = KUBERNETES.resolve("monitoring/prometheusrule.yaml");
        List<String> lines = Files.readAllLines(rule);
        List<String> rules = Files.readAllLines(Watching.RULES).stream()
                .map(line -> line.isEmpty() ? line : "  " + line)
                .toList();

        assertThat(lines.subList(lines.indexOf("spec:") + 1, lines.size()))
                .as("run the command at the top of %s", rule)
                .isEqualTo(rules);
    }

    @Test
    void systemd_compose_and_kubernetes_wait_equally_long_for_the_end() throws Exception {
        Matcher unit = Pattern.compile("TimeoutStopSec=(\\d+)s").matcher(Files.readString(UNIT));
        assertThat(unit.find()).isTrue();

        assertThat(daemon().getString("stop_grace_period")).isEqualTo(unit.group(1) + "s");
        assertThat(YAML.readTree(KUBERNETES.resolve("base/statefulset.yaml").toFile())
                        .at("/spec/template/spec/terminationGracePeriodSeconds")
                        .asText())
                .isEqualTo(unit.group(1));
    }

    @Test
    void every_setting_in_the_manifests_is_documented() throws IOException {
        Set<String> keys = Pattern.compile("`((?:imageferry|quarkus)\\.[a-z.-]+)[`=]")
                .matcher(Files.readString(Path.of("docs/settings.md")))
                .results()
                .map(key -> key.group(1))
                .collect(Collectors.toSet());
        List<String> used =
                new ArrayList<>(daemon().getJsonObject("environment").fieldNames());
        for (String manifest : List.of("base", "replicas")) {
            used.addAll(YAML.readTree(KUBERNETES
                            .resolve(manifest)
                            .resolve("statefulset.yaml")
                            .toFile())
                    .at("/spec/template/spec/containers/0/env")
                    .findValuesAsText("name"));
        }
        Properties settings = new Properties();
        try (Reader file = Files.newBufferedReader(KUBERNETES.resolve("base/imageferry.properties"))) {
            settings.load(file);
        }

        assertThat(settings.stringPropertyNames()).isNotEmpty().isSubsetOf(keys);
        assertThat(used.stream().map(name -> name.replaceFirst("(PASSWORD|SECRET|API_TOKEN)_FILE$", "$1")))
                .hasSizeGreaterThan(8)
                .isSubsetOf(keys.stream()
                        .map(key -> key.toUpperCase(Locale.ROOT).replaceAll("[.-]", "_"))
                        .toList());
    }

    private static JsonObject compose() throws IOException {
        try (InputStream file = Files.newInputStream(CONTAINER.resolve("compose.yaml"))) {
            // Jackson does not know merge keys (<<)
            Map<String, Object> content = new Yaml(new SafeConstructor(new LoaderOptions())).load(file);
            return new JsonObject(new JsonObject(content).encode());
        }
    }

    private static List<JsonObject> services() throws IOException {
        return compose().getJsonObject("services").stream()
                .map(service -> (JsonObject) service.getValue())
                .toList();
    }

    private static JsonObject daemon() throws IOException {
        return compose().getJsonObject("services").getJsonObject("imageferry");
    }

    /** What the schema does not allow. */
    private static List<String> composeErrors(JsonObject compose) throws IOException {
        JsonObject schema;
        try (InputStream file = DeploymentTest.class.getResourceAsStream("/compose-spec/compose-spec.json")) {
            String text = new String(file.readAllBytes(), StandardCharsets.UTF_8);
            // "id" is of a draft that is older than the declared one, and a duration of Compose ("90s") is not one of
            // JSON Schema
            schema = new JsonObject(text.replaceAll("\"id\": \"[^\"]*\",|, \"format\": \"duration\"", ""));
        }
        OutputUnit result = Validator.create(
                        JsonSchema.of(schema),
                        new JsonSchemaOptions()
                                .setBaseUri("https://compose-spec.io/")
                                .setDraft(Draft.DRAFT201909)
                                .setOutputFormat(OutputFormat.Basic))
                .validate(compose);
        if (Boolean.TRUE.equals(result.getValid())) {
            return List.of();
        }
        return result.getErrors().stream()
                .map(error -> error.getInstanceLocation() + ": " + error.getError())
                .toList();
    }

    private static List<JsonNode> render(String overlay) throws Exception {
        String manifests =
                run("kubectl", "kustomize", KUBERNETES.resolve(overlay).toString());
        return YAML.readerFor(JsonNode.class).<JsonNode>readValues(manifests).readAll();
    }

    private static JsonNode kind(List<JsonNode> manifests, String kind) {
        return manifests.stream()
                .filter(manifest -> manifest.path("kind").asText().equals(kind))
                .findFirst()
                .orElseThrow();
    }

    private static ObjectNode container(JsonNode statefulSet) {
        return (ObjectNode) statefulSet.at("/spec/template/spec/containers/0");
    }

    /** The standard output of a command that succeeds. */
    private static String run(String program, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(RealTools.find(program).toString()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as("%s%n%s", command, output).isZero();
        return output;
    }
}
