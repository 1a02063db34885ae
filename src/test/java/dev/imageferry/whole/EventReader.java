package dev.imageferry.whole;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;

/** Reads server-sent events on its own thread and stores them. */
final class EventReader implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private record Event(String name, JsonNode data) {}

    private final List<Event> events = new CopyOnWriteArrayList<>();
    private final Stream<String> lines;
    private final HttpClient client;

    private EventReader(HttpClient client, Stream<String> lines) {
        this.client = client;
        this.lines = lines;
    }

    static EventReader of(URI address) throws IOException, InterruptedException {
        HttpClient client = HttpClient.newHttpClient();
        EventReader reader = new EventReader(
                client,
                client.send(
                                HttpRequest.newBuilder(address)
                                        .header("Accept", "text/event-stream")
                                        .build(),
                                BodyHandlers.ofLines())
                        .body());
        Thread.ofVirtual().start(reader::read);
        return reader;
    }

    private void read() {
        String[] name = {""};
        try {
            lines.forEach(line -> {
                if (line.startsWith("event:")) {
                    name[0] = line.substring("event:".length()).strip();
                } else if (line.startsWith("data:")) {
                    events.add(new Event(name[0], parse(line.substring("data:".length()))));
                }
            });
        } catch (UncheckedIOException e) {
            // the test or the daemon closed the connection
        }
    }

    private static JsonNode parse(String json) {
        try {
            return JSON.readTree(json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns the received states of the file's job in order. */
    List<JsonNode> jobs(String file) {
        return events.stream()
                .filter(event -> event.name().equals("job")
                        && event.data().get("file").asText().equals(file))
                .map(Event::data)
                .toList();
    }

    List<String> states(String file) {
        return jobs(file).stream().map(job -> job.get("state").asText()).toList();
    }

    /** Returns the number of events about jobs with this label. */
    long countOf(String label) {
        return events.stream()
                .filter(event -> event.name().equals("job")
                        && event.data().get("label").asText().equals(label))
                .count();
    }

    /** Returns the received values of bytes sent of the job in order. */
    List<Long> progress(String id) {
        return events.stream()
                .filter(event -> event.name().equals("progress")
                        && event.data().get("id").asText().equals(id))
                .map(event -> event.data().get("bytesSent").asLong())
                .toList();
    }

    @Override
    public void close() {
        client.shutdownNow();
    }
}
