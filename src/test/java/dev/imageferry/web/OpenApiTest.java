package dev.imageferry.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.daemon.Daemon;
import dev.imageferry.daemon.QueueView;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.openapi.contract.OpenAPIContract;
import io.vertx.openapi.validation.ResponseValidator;
import io.vertx.openapi.validation.ValidatableResponse;
import jakarta.inject.Inject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.zip.GZIPOutputStream;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Compares the OpenAPI document with the running service, using vertx-openapi. */
@QuarkusTest
@TestProfile(RealQueueTest.Profile.class)
@QuarkusTestResource(value = RealQueue.class, restrictToAnnotatedClass = true)
@SuppressWarnings("NullAway.Init") // Quarkus sets the fields
class OpenApiTest {
    private static final int REQUESTS = 2_000;
    private static final Duration LONG = Duration.ofSeconds(60);

    /** Types whose bodies are validated. */
    private static final Set<String> JSON_TYPES = Set.of("application/json", "application/problem+json");

    private static final List<String> HOSTILE = List.of(
            "",
            " ",
            "*",
            "%",
            "_",
            "\\",
            "'",
            "\"",
            "'; DROP TABLE job; --",
            "\u0000",
            "\u0000\u0001\u001f",
            "\ud83d\ude80",
            "\u202etxt.exe",
            "null",
            "NaN",
            "-1",
            "0",
            "99999999999999999999",
            "1e400",
            "0x10",
            "<img src=x onerror=alert(1)>",
            "../../etc/passwd",
            "..%2f..%2f",
            "{\"a\":",
            "[[[[[[[[",
            "${jndi:ldap://127.0.0.1/x}",
            "{{7*7}}",
            "a".repeat(3_000),
            "QUEUED,QUEUED,,READY",
            "queued",
            "newest,oldest");

    private static final Set<String> CHANGES_OF_MANY = Set.of("cancelJobs", "retryJobs");

    private static final List<String> GOOD_BODIES =
            List.of("{\"priority\":10}", "{\"limit\":\"10M\"}", "{\"limit\":null}");

    private static final List<String> BODIES = List.of(
            "",
            "null",
            "{}",
            "[]",
            "\"\"",
            "7",
            "{\"priority\":10}",
            "{\"priority\":-2147483648}",
            "{\"priority\":2147483648}",
            "{\"priority\":1.5}",
            "{\"priority\":\"10\"}",
            "{\"priority\":null}",
            "{\"priority\":1,\"other\":2}",
            "{\"priority\":{\"a\":[]}}",
            "{\"limit\":\"10M\"}",
            "{\"limit\":\"off\"}",
            "{\"limit\":null}",
            "{\"limit\":\"\"}",
            "{\"limit\":\"-5K\"}",
            "{\"limit\":\"99999999999999999999G\"}",
            "{\"limit\":7}",
            "{\"limit\":[\"10M\"]}",
            "{\"limit\":\"10M\"",
            "\u0000",
            "[".repeat(5_000),
            "{\"limit\":\"" + "x".repeat(60_000) + "\"}",
            " ".repeat(70_000));

    @Inject
    Daemon daemon;

    @Inject
    QueueView queue;

    @Inject
    Vertx vertx;

    @ConfigProperty(name = "imageferry.drop.directory")
    Path folder;

    @TestHTTPResource("/")
    URI root;

    private final HttpClient client = HttpClient.newHttpClient();
    private final Random random = new Random(20261125);
    private List<String> ready = List.of();
    private List<String> rejected = List.of();
    private JsonObject document;
    private ResponseValidator validator;

    @BeforeEach
    void start() throws Exception {
        if (!queue.isStarted()) {
            daemon.start();
            RawHttp.until(queue::isStarted, LONG);
        }
        document = new JsonObject(send(HttpRequest.newBuilder(root.resolve("q/openapi?format=json"))
                        .build())
                .body());
        OpenAPIContract contract = await(OpenAPIContract.from(vertx, forValidator(document)));
        validator = ResponseValidator.create(vertx, contract);
    }

    @Test
    void the_document_in_docs_is_the_one_that_is_served() throws Exception {
        String served = send(HttpRequest.newBuilder(root.resolve("q/openapi?format=yaml"))
                        .build())
                .body();

        assertThat(Files.readString(Path.of("docs/openapi.yaml")))
                .as("while the demo runs: curl -s 'http://127.0.0.1:8080/q/openapi?format=yaml' -o docs/openapi.yaml")
                .isEqualTo(served);
    }

    @Test
    void every_example_matches_its_schema() throws Exception {
        List<String> checked = new ArrayList<>();
        for (Operation operation : operations()) {
            for (String status : operation.responses().fieldNames()) {
                JsonObject content =
                        operation.responses().getJsonObject(status).getJsonObject("content", new JsonObject());
                for (String type : content.fieldNames()) {
                    Object example = content.getJsonObject(type).getValue("example");
                    if (JSON_TYPES.contains(type) && example != null) {
                        assertThat(error(operation, Integer.parseInt(status), type, Buffer.buffer(encode(example))))
                                .as("%s %s: %s", operation.id(), status, example)
                                .isNull();
                        checked.add(operation.id() + " " + status);
                    }
                }
            }
        }
        assertThat(checked)
                .contains(
                        "listJobs 200",
                        "getJob 200",
                        "getJobHistory 200",
                        "getSummary 200",
                        "listDropFolder 200",
                        "putIntoDropFolder 201",
                        "getJob 404");
    }

    /** The schema does not forbid additional fields, so the names are compared. */
    @Test
    void the_example_job_has_the_fields_of_a_real_one() throws Exception {
        dropJobs();

        JsonObject example = document.getJsonObject("paths")
                .getJsonObject("/api/v1/jobs/{id}")
                .getJsonObject("get")
                .getJsonObject("responses")
                .getJsonObject("200")
                .getJsonObject("content")
                .getJsonObject("application/json")
                .getJsonObject("example");
        JsonObject real = new JsonObject(get("api/v1/jobs/" + ready.getFirst()).body());

        assertThat(example.fieldNames()).containsExactlyElementsOf(real.fieldNames());
        assertThat(example.getJsonObject("contents").fieldNames())
                .containsExactlyElementsOf(real.getJsonObject("contents").fieldNames());
        assertThat(example.getJsonObject("progress").fieldNames())
                .containsExactlyElementsOf(real.getJsonObject("progress").fieldNames());
    }

    @Tag("exhaustive")
    @Test
    void every_answer_to_generated_and_hostile_requests_is_documented() throws Exception {
        dropJobs();
        List<Operation> single = new ArrayList<>(operations());
        List<Operation> many = single.stream()
                .filter(operation -> CHANGES_OF_MANY.contains(operation.id()))
                .toList();
        single.removeAll(many);
        single.removeIf(operation -> operation.id().equals("streamJobs")); // never ends, tested by SteeringIT
        Map<String, Integer> answers = new TreeMap<>();
        List<String> errors = new ArrayList<>();

        send(single, REQUESTS, answers, errors);
        // last, because they leave no job in a state that can be changed
        send(many, REQUESTS / 10, answers, errors);

        System.out.println(answers);
        assertThat(errors).isEmpty();
        assertThat(answers.keySet())
                .contains(
                        "listJobs 200",
                        "listJobs 400",
                        "getJob 200",
                        "getJob 404",
                        "getJobHistory 200",
                        "cancelJob 200",
                        "cancelJob 409",
                        "retryJob 200",
                        "retryJob 409",
                        "changeJob 200",
                        "changeJob 400",
                        "changeJob 415",
                        "cancelJobs 200",
                        "cancelJobs 400",
                        "retryJobs 200",
                        "retryJobs 400",
                        "getSummary 200",
                        "setBandwidth 200",
                        "setBandwidth 400",
                        "pauseQueue 204",
                        "resumeQueue 204",
                        "listDropFolder 200",
                        "putIntoDropFolder 201",
                        "putIntoDropFolder 400",
                        "putIntoDropFolder 409");
    }

    /** Sends generated requests, and collects the statuses of each operation and the answers that are not documented. */
    private void send(List<Operation> operations, int count, Map<String, Integer> answers, List<String> errors)
            throws Exception {
        for (int i = 0; i < count; i++) {
            Operation operation = operations.get(i % operations.size());
            HttpRequest request = generate(operation);
            HttpResponse<byte[]> answer = answerTo(request);
            String type = answer.headers().firstValue("Content-Type").orElse("");
            String error = answer.statusCode() >= 500
                    ? "failed"
                    : error(operation, answer.statusCode(), type, Buffer.buffer(answer.body()));
            if (error != null) {
                errors.add("%s %s -> %d %s: %s: %s"
                        .formatted(
                                request.method(),
                                request.uri(),
                                answer.statusCode(),
                                type,
                                error,
                                new String(answer.body(), StandardCharsets.UTF_8)));
            }
            answers.merge(operation.id() + " " + answer.statusCode(), 1, Integer::sum);
        }
    }

    private HttpResponse<byte[]> answerTo(HttpRequest request) throws InterruptedException {
        try {
            return client.send(request, BodyHandlers.ofByteArray());
        } catch (IOException e) {
            throw new AssertionError(
                    "no answer to " + request.method() + " " + request.uri() + " " + request.headers(), e);
        }
    }

    /**
     * An operation of the document.
     *
     * @param path with parameters in braces
     */
    private record Operation(
            String id,
            String method,
            String path,
            List<JsonObject> parameters,
            JsonObject responses,
            boolean hasBody) {}

    private List<Operation> operations() {
        List<Operation> operations = new ArrayList<>();
        JsonObject paths = document.getJsonObject("paths");
        for (String path : paths.fieldNames()) {
            for (String method : paths.getJsonObject(path).fieldNames()) {
                JsonObject operation = paths.getJsonObject(path).getJsonObject(method);
                operations.add(new Operation(
                        operation.getString("operationId"),
                        method,
                        path,
                        operation.getJsonArray("parameters", new JsonArray()).stream()
                                .map(JsonObject.class::cast)
                                .toList(),
                        operation.getJsonObject("responses"),
                        operation.containsKey("requestBody")));
            }
        }
        return operations;
    }

    private HttpRequest generate(Operation operation) {
        String path = operation.path();
        Map<String, String> query = new LinkedHashMap<>();
        HttpRequest.Builder request = HttpRequest.newBuilder().timeout(LONG);
        for (JsonObject parameter : operation.parameters()) {
            String name = parameter.getString("name");
            switch (parameter.getString("in")) {
                case "path" -> path = path.replace("{" + name + "}", escape(pathValue(name)));
                case "query" -> {
                    if (random.nextInt(3) == 0) {
                        query.put(name, queryValue(name, parameter.getJsonObject("schema")));
                    }
                }
                case "header" -> {
                    if (random.nextInt(3) == 0) {
                        request.header(
                                name, pick(List.of("sha-256=:AAAA:", "sha-256", "md5=:x:", ":", "sha-512=:!!:")));
                    }
                }
                default -> throw new AssertionError("a parameter in " + parameter.getString("in"));
            }
        }
        if (random.nextInt(10) == 0) {
            query.put(pick(HOSTILE), pick(HOSTILE));
        }
        if (random.nextInt(10) == 0) {
            request.header(
                    "Accept", pick(List.of("text/plain", "*/*", "application/xml;q=0.1", "x", "application/json")));
        }
        if (random.nextInt(20) == 0) {
            request.header("Sec-Fetch-Site", pick(List.of("cross-site", "same-origin", "none", "x")));
        }
        byte[] body = new byte[0];
        if (operation.hasBody()) {
            body = pick(random.nextInt(3) == 0 ? GOOD_BODIES : BODIES).getBytes(StandardCharsets.UTF_8);
            if (random.nextInt(10) > 0) {
                request.header(
                        "Content-Type",
                        random.nextInt(5) > 0
                                ? "application/json"
                                : pick(List.of(
                                        "text/plain", "application/xml", "application/json;charset=latin1", "x/y")));
            }
        }
        String search = query.entrySet().stream()
                .map(entry -> escape(entry.getKey()) + "=" + escape(entry.getValue()))
                .collect(Collectors.joining("&"));
        return request.uri(URI.create(
                        root.toString().replaceAll("/$", "") + path + (search.isEmpty() ? "" : "?" + search)))
                .method(
                        operation.method().toUpperCase(java.util.Locale.ROOT),
                        operation.hasBody() ? BodyPublishers.ofByteArray(body) : BodyPublishers.noBody())
                .build();
    }

    private String pathValue(String name) {
        if (name.equals("path")) {
            return pick(List.of(
                    "generated-" + random.nextInt(30) + ".img.gz",
                    "in/a/folder-" + random.nextInt(30) + ".img.gz.yaml",
                    "done/x.img.gz",
                    hostilePath(),
                    hostilePath() + ".img.gz"));
        }
        return switch (random.nextInt(4)) {
            case 0 -> pick(ready);
            case 1 -> pick(rejected);
            case 2 -> new UUID(random.nextLong(), random.nextLong()).toString();
            default -> hostilePath();
        };
    }

    /** Never empty, because the path would be that of another operation. */
    private String hostilePath() {
        String value = pick(HOSTILE);
        return value.isEmpty() ? "0" : value;
    }

    private String queryValue(String name, JsonObject schema) {
        if (random.nextInt(3) == 0) {
            return pick(HOSTILE);
        }
        if (schema.containsKey("enum")) {
            return pick(
                    schema.getJsonArray("enum").stream().map(Object::toString).toList());
        }
        if (schema.containsKey("maximum")) {
            return String.valueOf(random.nextInt(schema.getInteger("minimum") - 1, schema.getInteger("maximum") + 2));
        }
        return switch (name) {
            case "state" -> pick(List.of("AVAILABLE", "READY,REJECTED", "QUEUED,CHECKING,READY"));
            case "file" -> pick(List.of("*", "job-*", "*.img.gz", "job-1.img.gz", "*%*"));
            case "label" -> pick(List.of("*", "job*", "*1*", "ob"));
            case "wait" -> pick(List.of("0s", "5ms", "1s", "PT0.01S", "1h", "10", "-1s"));
            default -> pick(HOSTILE);
        };
    }

    /** Drops eight images, which wait for the unreachable Linode, and eight files that are not images. */
    private void dropJobs() throws Exception {
        for (int i = 0; i < 8; i++) {
            ByteArrayOutputStream image = new ByteArrayOutputStream();
            try (GZIPOutputStream gzip = new GZIPOutputStream(image)) {
                byte[] noise = new byte[4096];
                new Random(i).nextBytes(noise);
                gzip.write(noise);
            }
            if (Files.notExists(folder.resolve("job-" + i + ".img.gz"))
                    && ready.isEmpty()
                    && jobs("READY").size() < 8) {
                Files.write(folder.resolve("job-" + i + ".img.gz"), image.toByteArray());
                Files.writeString(folder.resolve("none-" + i + ".img.gz"), "no gzip " + i);
            }
        }
        RawHttp.until(() -> jobs("READY").size() >= 8 && jobs("REJECTED").size() >= 8, LONG);
        ready = jobs("READY");
        rejected = jobs("REJECTED");
    }

    private List<String> jobs(String state) {
        try {
            return new JsonObject(get("api/v1/jobs?state=" + state).body())
                    .getJsonArray("items").stream()
                            .map(job -> ((JsonObject) job).getString("id"))
                            .toList();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** The error in the answer; null if it is valid. */
    private @Nullable String error(Operation operation, int status, String type, Buffer body) throws Exception {
        JsonObject documented = operation.responses().getJsonObject(String.valueOf(status));
        if (documented == null) {
            return "status is not documented";
        }
        JsonObject content = documented.getJsonObject("content");
        String plain = type.replaceAll(";.*", "");
        if (content == null) {
            return body.length() == 0 ? null : "a body is not documented";
        }
        if (!content.containsKey(plain)) {
            return "type \"" + plain + "\" is not documented";
        }
        try {
            await(validator.validate(ValidatableResponse.create(status, body, "application/json"), operation.id()));
            return null;
        } catch (java.util.concurrent.ExecutionException e) {
            return String.valueOf(e.getCause());
        }
    }

    private static JsonObject forValidator(JsonObject document) {
        JsonObject copy = document.copy();
        JsonObject schemas = copy.getJsonObject("components").getJsonObject("schemas");
        schemas.fieldNames().forEach(name -> {
            JsonObject fields = schemas.getJsonObject(name).getJsonObject("properties", new JsonObject());
            fields.fieldNames().forEach(field -> allowNull(fields.getJsonObject(field)));
        });
        JsonObject paths = copy.getJsonObject("paths");
        for (String path : new TreeSet<>(paths.fieldNames())) {
            JsonObject methods = paths.getJsonObject(path);
            for (String method : methods.fieldNames()) {
                JsonObject operation = methods.getJsonObject(method);
                renameTypes(operation.getJsonObject("requestBody", new JsonObject()));
                JsonObject answers = operation.getJsonObject("responses");
                answers.fieldNames().forEach(status -> renameTypes(answers.getJsonObject(status)));
            }
        }
        return copy;
    }

    /** Removes the format of nullable fields, which the validator applies to null too. */
    private static void allowNull(JsonObject schema) {
        if (schema.getValue("type") instanceof JsonArray types && types.contains("null")) {
            schema.remove("format");
        }
    }

    private static void renameTypes(JsonObject holder) {
        JsonObject content = holder.getJsonObject("content");
        if (content != null) {
            for (String type : new TreeSet<>(content.fieldNames())) {
                content.put("application/json", content.remove(type));
            }
        }
    }

    private static String encode(Object json) {
        return json instanceof JsonArray array ? array.encode() : ((JsonObject) json).encode();
    }

    private static <T> T await(Future<T> future) throws Exception {
        return future.toCompletionStage().toCompletableFuture().get(LONG.toSeconds(), TimeUnit.SECONDS);
    }

    private <T> T pick(List<T> list) {
        return list.get(random.nextInt(list.size()));
    }

    private static String escape(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private HttpResponse<String> get(String path) throws Exception {
        return send(HttpRequest.newBuilder(URI.create(root + path)).build());
    }

    private HttpResponse<String> send(HttpRequest request) throws Exception {
        HttpResponse<String> answer = client.send(request, BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return answer;
    }
}
