package dev.imageferry.simulator;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.simulator.LinodeClient.Created;
import dev.imageferry.simulator.SimulatorOptions.Fields;
import dev.imageferry.simulator.SimulatorOptions.RateLimitValues;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The simulator answers as the real API did in {@code recorded/linode.jsonl}: status, headers, fields, types, errors. */
class RecordedTrafficTest {
    /** What the simulator does not have, and why. Imageferry makes none of these calls. */
    private static final Map<Pattern, String> NOT_COVERED = Map.of(
            Pattern.compile(".* /v4beta/linode/instances.*"), "virtual machines and their disks",
            Pattern.compile("POST /v4beta/images"), "captures an image from the disk of a virtual machine",
            Pattern.compile(".* /v4beta/images/(private%2F\\{image}/)?sharegroups.*"), "sharing with other accounts");

    private static final byte[] DISK = TestGzip.of("disk");

    /** A recorded exchange. */
    private record Recorded(JsonObject json) {
        String recording() {
            return json.getString("recording");
        }

        String call() {
            return json.getString("method") + " " + json.getString("path");
        }

        boolean isCovered() {
            return NOT_COVERED.keySet().stream()
                    .noneMatch(pattern -> pattern.matcher(call()).matches());
        }

        @Nullable
        String imageStatus() {
            return json.getString("imageStatus");
        }
    }

    static Stream<String> recordings() throws IOException {
        return exchanges().stream().map(Recorded::recording).distinct();
    }

    private static List<Recorded> exchanges() throws IOException {
        try (InputStream lines = RecordedTrafficTest.class.getResourceAsStream("/recorded/linode.jsonl")) {
            return new String(lines.readAllBytes(), UTF_8)
                    .lines()
                    .map(line -> new Recorded(new JsonObject(line)))
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("recordings")
    void answers_as_recorded(String recording) throws IOException {
        List<Recorded> exchanges = exchanges().stream()
                .filter(exchange -> exchange.recording().equals(recording))
                .toList();
        try (SimulatedLinode linode = SimulatedLinode.start(optionsFor(recording, exchanges))) {
            Replay replay = new Replay(linode);
            for (Recorded exchange : exchanges) {
                replay.play(exchange);
            }
        }
    }

    @Test
    void what_is_not_covered_is_listed_and_answered_with_404() throws IOException {
        List<Recorded> notCovered =
                exchanges().stream().filter(exchange -> !exchange.isCovered()).toList();
        try (SimulatedLinode linode = SimulatedLinode.start(SimulatorOptions.forTests())) {
            LinodeClient client = new LinodeClient(linode);
            for (Recorded exchange : notCovered) {
                String path = exchange.json().getString("path").replaceAll("\\{\\w+}", "1");

                assertThat(client.exchange(exchange.json().getString("method"), path, "{}")
                                .statusCode())
                        .as(exchange.call())
                        .isEqualTo(404);
            }
        }
        assertThat(NOT_COVERED.keySet())
                .allSatisfy(pattern -> assertThat(notCovered)
                        .as("some recorded call that %s stands for", pattern)
                        .anyMatch(exchange -> pattern.matcher(exchange.call()).matches()));
    }

    /** The service as it was at the time of the recording. */
    private static SimulatorOptions optionsFor(String recording, List<Recorded> exchanges) {
        SimulatorOptions options = SimulatorOptions.forTests();
        int limit = exchanges.stream()
                .filter(exchange -> exchange.json().containsKey("rateLimit"))
                .mapToInt(exchange -> exchange.json().getInteger("rateLimit"))
                .max()
                .orElseThrow();
        options = options.withRateLimits(new RateLimitValues(false, 20, limit, limit));
        return switch (recording) {
            case "TestImage_Upload" -> options.withFields(Fields.WITHOUT_REGIONS);
            case "TestImage_CreateUpload" ->
                options.withFields(Fields.WITH_REGIONS).withUploadRegions(Set.of("ap-west")); // takes none today
            case "TestImage_Replicate" -> options.withFields(Fields.WITH_REGIONS);
            default -> options.withFields(Fields.WITH_SHARING);
        };
    }

    /** Plays the exchanges of one recording. Its image is the one that was created last. */
    private static final class Replay {
        private final SimulatedLinode linode;
        private final LinodeClient client;
        private @Nullable Created image;

        Replay(SimulatedLinode linode) {
            this.linode = linode;
            client = new LinodeClient(linode);
        }

        void play(Recorded exchange) throws IOException {
            if (!exchange.isCovered()) {
                return;
            }
            JsonObject recorded = exchange.json();
            prepare(exchange);
            List<String> headers = new ArrayList<>();
            if (recorded.containsKey("filter")) {
                headers.addAll(List.of("X-Filter", recorded.getString("filter")));
            }
            JsonObject body = recorded.getJsonObject("body");

            HttpResponse<String> answer = client.exchange(
                    recorded.getString("method"),
                    recorded.getString("path").replace("{image}", image == null ? "" : number(image)),
                    body == null ? "" : body.encode(),
                    headers.toArray(String[]::new));

            String call = exchange.recording() + ": " + exchange.call();
            assertThat(answer.statusCode()).as(call).isEqualTo(recorded.getInteger("status"));
            assertThat(answer.headers().firstValue("Content-Type"))
                    .as(call)
                    .contains(recorded.getString("contentType"));
            assertThat(answer.headers().firstValue("X-RateLimit-Limit"))
                    .as(call)
                    .contains(recorded.getInteger("rateLimit").toString());
            JsonObject answered = new JsonObject(answer.body());
            if (recorded.containsKey("error")) {
                assertThat(answered).as(call).isEqualTo(recorded.getJsonObject("error"));
            } else {
                assertSameTypes(call, recorded.getJsonObject("types"), answered);
            }
            if (recorded.containsKey("empty")) {
                assertThat(answered).as(call).containsAll(recorded.getJsonObject("empty"));
            }
            JsonObject created = answered.getJsonObject("image");
            if (created != null) {
                image = new Created(created.getString("id"), URI.create(answered.getString("upload_to")));
            }
            if (exchange.imageStatus() != null) {
                assertThat((created == null ? answered : created).getString("status"))
                        .as(call)
                        .isEqualTo(exchange.imageStatus());
            }
        }

        /** Brings the simulator to the state that the recorded answer shows. */
        private void prepare(Recorded exchange) throws IOException {
            boolean lists = exchange.call().equals("GET /v4beta/images?page=1");
            if (image == null && (lists || exchange.call().contains("{image}"))) {
                image = client.create("made-by-a-call-that-is-not-covered");
            }
            boolean mustBeAvailable = "available".equals(exchange.imageStatus())
                    || lists
                    || exchange.call().endsWith("/regions");
            if (image != null && mustBeAvailable && !client.image(image).isAvailable()) {
                client.put(image.uploadTo(), DISK);
                client.awaitAvailable(image);
            }
            if ("creating".equals(exchange.imageStatus())) {
                linode.script(Fault.on(
                        Operation.GET_IMAGE,
                        new Effect.WithField("status", "creating"))); // what a captured image shows
            }
        }

        private static String number(Created created) {
            return created.id().substring("private/".length());
        }
    }

    private static void assertSameTypes(String call, JsonObject recorded, JsonObject answered) {
        Map<String, Set<String>> simulated = new TreeMap<>();
        collect(answered, "", simulated);
        Map<String, Set<String>> real = new LinkedHashMap<>();
        recorded.forEach(entry ->
                real.put(entry.getKey(), Set.of(entry.getValue().toString().split("\\|"))));

        assertThat(simulated.keySet()).as("fields in the answer to " + call).isEqualTo(real.keySet());
        simulated.forEach((path, types) -> assertThat(real.get(path))
                .as(path + " in the answer to " + call)
                .containsAll(types));
    }

    /** Rows of a listing of images are told apart by the kind of image: they do not have the same fields. */
    private static void collect(@Nullable Object value, String path, Map<String, Set<String>> types) {
        if (!path.isEmpty()) {
            types.computeIfAbsent(path, first -> new TreeSet<>()).add(type(value));
        }
        if (value instanceof JsonObject object) {
            object.forEach(field ->
                    collect(field.getValue(), path.isEmpty() ? field.getKey() : path + "." + field.getKey(), types));
        } else if (value instanceof JsonArray array) {
            for (Object element : array) {
                boolean isImage = element instanceof JsonObject row
                        && row.getValue("id") instanceof String id
                        && id.contains("/");
                String kind = isImage ? ((JsonObject) element).getString("id").replaceFirst("/.*", "") : "";
                collect(element, path + "[" + kind + "]", types);
            }
        }
    }

    private static String type(@Nullable Object value) {
        return switch (value) {
            case null -> "null";
            case JsonObject ignored -> "object";
            case JsonArray ignored -> "array";
            case Boolean ignored -> "boolean";
            case Number ignored -> "number";
            case String ignored -> "string";
            default -> throw new IllegalArgumentException("not JSON: " + value.getClass());
        };
    }
}
