package dev.imageferry.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import mockwebserver3.Dispatcher;
import mockwebserver3.MockResponse;
import mockwebserver3.MockWebServer;
import mockwebserver3.RecordedRequest;
import mockwebserver3.SocketEffect;

/** An HTTP server on loopback that gives prepared answers to the calls of REST, and remembers the requests. */
final class ScriptedDaemon implements AutoCloseable {
    static final String ID = "f10d05e9-a9ae-4288-980f-9c53cae37bf0";
    static final String OTHER_ID = "0b5b3a52-19cb-4e0f-8ff2-8d1f0b6d1f9e";

    private static final String DATE = "Mon, 30 Nov 2026 08:00:00 GMT";

    private final MockWebServer server = new MockWebServer();
    private final Map<String, Deque<Supplier<MockResponse>>> answers = new HashMap<>();
    private final List<RecordedRequest> requests = new CopyOnWriteArrayList<>();

    ScriptedDaemon() throws IOException {
        server.setDispatcher(new Dispatcher() {
            @Override
            public MockResponse dispatch(RecordedRequest request) {
                requests.add(request);
                return next(request.getMethod() + " " + request.getUrl().encodedPath());
            }
        });
        server.start();
        on("GET /api/v1/summary", json(200, "{\"jobs\":{\"AVAILABLE\":2,\"FAILED\":1,\"READY\":0},\"paused\":false}"));
        on("GET /api/v1/drop", json(200, "[]"));
        on("GET /api/v1/jobs", page());
    }

    private synchronized MockResponse next(String call) {
        Deque<Supplier<MockResponse>> left = answers.get(call);
        if (left == null) {
            return json(500, "{\"detail\":\"not scripted: " + call + "\"}");
        }
        return (left.size() > 1 ? left.remove() : left.element()).get();
    }

    /** Sets the answers to a call, such as {@code GET /api/v1/jobs}. The last one is repeated. */
    ScriptedDaemon on(String call, MockResponse... inTurn) {
        Deque<Supplier<MockResponse>> deque = new ArrayDeque<>();
        Arrays.stream(inTurn).forEach(answer -> deque.add(() -> answer));
        return put(call, deque);
    }

    /** Adds an answer that is made when it is needed. */
    ScriptedDaemon then(String call, Supplier<MockResponse> answer) {
        Objects.requireNonNull(answers.get(call), call).add(answer);
        return this;
    }

    private synchronized ScriptedDaemon put(String call, Deque<Supplier<MockResponse>> deque) {
        answers.put(call, deque);
        return this;
    }

    static MockResponse json(int status, String body) {
        return new MockResponse.Builder()
                .code(status)
                .addHeader("Content-Type", status < 300 ? "application/json" : "application/problem+json")
                .addHeader("Date", DATE)
                .body(body)
                .build();
    }

    static MockResponse problem(int status, String name, String detail) {
        return json(
                status,
                JsonNodeFactory.instance
                        .objectNode()
                        .put("type", "urn:imageferry:problem:" + name)
                        .put("status", status)
                        .put("detail", detail)
                        .toString());
    }

    static MockResponse noContent() {
        return new MockResponse.Builder().code(204).build();
    }

    /** The request is read, then the connection is closed without an answer. */
    static MockResponse brokenConnection() {
        return new MockResponse.Builder()
                .onResponseStart(new SocketEffect.CloseSocket())
                .build();
    }

    static MockResponse page(ObjectNode... jobs) {
        return json(200, "{\"items\":" + Arrays.toString(jobs) + ",\"next\":null}");
    }

    static ObjectNode job(String id, String file, String state) {
        ObjectNode job = JsonNodeFactory.instance
                .objectNode()
                .put("id", id)
                .put("file", file)
                .put("state", state)
                .put("label", "a label")
                .put("compressedBytes", 7)
                .put("createdAt", "2026-11-30T08:00:01.123456Z")
                .put("archived", false);
        job.putObject("progress").put("bytesSent", 3).put("percent", 42.5).put("bytesPerSecond", 1_500_000);
        if (state.equals("AVAILABLE")) {
            job.putObject("image").put("id", "private/123");
        }
        return job;
    }

    static ObjectNode failed(String id, String file, String code, String message) {
        ObjectNode job = job(id, file, "REJECTED");
        job.putObject("error").put("code", code).put("message", message);
        return job;
    }

    String url() {
        return server.url("/").toString();
    }

    List<RecordedRequest> requests() {
        return List.copyOf(requests);
    }

    /** The requests of a call, such as {@code PUT /api/v1/drop/x.img.gz}. */
    List<RecordedRequest> requests(String call) {
        return requests.stream()
                .filter(request -> (request.getMethod() + " " + request.getUrl().encodedPath()).equals(call))
                .toList();
    }

    @Override
    public void close() {
        server.close();
    }
}
