package dev.imageferry.simulator;

import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The account's events. An upload has one event, whose status moves on. */
final class EventLog {
    static final String UPLOAD = "image_upload";
    static final String DELETE = "image_delete";

    private static final long FIRST_ID = 71_000_000;

    private final Changes changes;
    private final InstantSource clock;
    private final List<Event> events = new ArrayList<>();

    /** One event; guarded by {@link Changes}. */
    static final class Event {
        private final long id;
        private final String action;
        private final Instant created;
        private final long imageNumber;
        private final String label;
        private String status;
        private @Nullable String message;

        private Event(long id, String action, Instant created, long imageNumber, String label, String status) {
            this.id = id;
            this.action = action;
            this.created = created;
            this.imageNumber = imageNumber;
            this.label = label;
            this.status = status;
        }

        private JsonObject json() {
            boolean over = status.equals("finished") || status.equals("failed");
            return new JsonObject()
                    .put("id", id)
                    .put("created", WireTime.of(created))
                    .put("seen", false)
                    .put("read", false)
                    .put("percent_complete", over ? 100 : 0)
                    .putNull("time_remaining")
                    .putNull("rate")
                    .put("duration", 0)
                    .put("action", action)
                    .put("username", Api.USER)
                    .put(
                            "entity",
                            new JsonObject()
                                    .put("label", label)
                                    .put("id", imageNumber)
                                    .put("type", "image")
                                    .put("url", "/v4/images/private/" + imageNumber))
                    .put("status", status)
                    .putNull("secondary_entity")
                    .put("message", message == null ? "" : message);
        }
    }

    EventLog(Changes changes, InstantSource clock) {
        this.changes = changes;
        this.clock = clock;
    }

    Event add(String action, long imageNumber, String label, String status) {
        synchronized (changes) {
            Event event = new Event(FIRST_ID + events.size(), action, clock.instant(), imageNumber, label, status);
            events.add(event);
            changes.happened();
            return event;
        }
    }

    void move(Event event, String status, @Nullable String message) {
        synchronized (changes) {
            event.status = status;
            event.message = message;
            changes.happened();
        }
    }

    /** All events, oldest first. */
    List<JsonObject> all() {
        synchronized (changes) {
            return events.stream().map(Event::json).toList();
        }
    }
}
