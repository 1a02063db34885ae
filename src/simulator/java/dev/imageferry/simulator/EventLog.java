package dev.imageferry.simulator;

import dev.imageferry.simulator.SimulatorOptions.EventFlow;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The account's events. An upload has one event, whose status moves on. */
final class EventLog {
    static final String UPLOAD = "image_upload";
    static final String UPDATE = "image_update";
    static final String DELETE = "image_delete";

    private static final Set<String> OVER = Set.of("finished", "completed", "failed");

    private static final long FIRST_ID = 71_000_000;

    private final Changes changes;
    private final InstantSource clock;
    private final EventFlow flow;
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
        private @Nullable Instant ended;

        /** As the API shows it; null until it is asked for after a change. */
        private @Nullable JsonObject shownOrNull;

        private Event(long id, String action, Instant created, long imageNumber, String label, String status) {
            this.id = id;
            this.action = action;
            this.created = created;
            this.imageNumber = imageNumber;
            this.label = label;
            this.status = status;
            ended = isOver() ? created : null;
        }

        private Event(JsonObject saved) {
            id = saved.getLong("id");
            action = saved.getString("action");
            created = saved.getInstant("created");
            imageNumber = saved.getLong("imageNumber");
            label = saved.getString("label");
            status = saved.getString("status");
            message = saved.getString("message");
            ended = saved.getInstant("ended");
        }

        private JsonObject saved() {
            return new JsonObject()
                    .put("id", id)
                    .put("action", action)
                    .put("created", created)
                    .put("imageNumber", imageNumber)
                    .put("label", label)
                    .put("status", status)
                    .put("message", message)
                    .put("ended", ended);
        }

        long id() {
            return id;
        }

        private JsonObject json() {
            JsonObject shown = shownOrNull;
            if (shown == null) {
                shown = show();
                shownOrNull = shown;
            }
            return shown;
        }

        private JsonObject show() {
            Instant end = ended;
            return new JsonObject()
                    .put("id", id)
                    .put("created", WireTime.of(created))
                    .put("seen", false)
                    .put("read", false)
                    .put("percent_complete", isOver() ? 100 : 0)
                    .putNull("time_remaining")
                    .putNull("rate")
                    .put(
                            "duration",
                            end == null ? null : Duration.between(created, end).toMillis() / 1000.0)
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
                    .put("message", message);
        }

        boolean isOver() {
            return OVER.contains(status);
        }
    }

    EventLog(Changes changes, InstantSource clock, EventFlow flow) {
        this.changes = changes;
        this.clock = clock;
        this.flow = flow;
    }

    /** An upload begins. */
    Event schedule(String action, long imageNumber, String label) {
        return add(action, imageNumber, label, flow == EventFlow.STARTED_AT_POST ? "started" : "scheduled");
    }

    /** Something was done at once. */
    void addFinished(String action, long imageNumber, String label) {
        add(action, imageNumber, label, last());
    }

    private Event add(String action, long imageNumber, String label, String status) {
        synchronized (changes) {
            Event event = new Event(FIRST_ID + events.size(), action, clock.instant(), imageNumber, label, status);
            events.add(event);
            changes.accountChanged();
            return event;
        }
    }

    /** The bytes are there. */
    void start(Event event) {
        move(event, "started", null);
    }

    /** The image is being made of them. */
    void progress(Event event) {
        if (flow == EventFlow.IN_STEPS) {
            move(event, "in_progress", null);
        }
    }

    void finish(Event event) {
        move(event, last(), null);
    }

    void fail(Event event, String message) {
        move(event, "failed", message);
    }

    /** The image was deleted: an upload under way fails, one that is over stays as it ended. */
    void cancel(Event event) {
        synchronized (changes) {
            if (!event.isOver()) {
                fail(event, "Upload cancelled.");
            }
        }
    }

    private String last() {
        return flow == EventFlow.IN_STEPS ? "completed" : "finished";
    }

    private void move(Event event, String status, @Nullable String message) {
        synchronized (changes) {
            event.status = status;
            event.message = message;
            event.ended = event.isOver() ? clock.instant() : null;
            event.shownOrNull = null;
            changes.accountChanged();
        }
    }

    JsonArray saved() {
        synchronized (changes) {
            return new JsonArray(events.stream().map(Event::saved).toList());
        }
    }

    /** Takes the events of an earlier start. */
    void restore(JsonArray saved) {
        synchronized (changes) {
            saved.stream()
                    .map(JsonObject.class::cast)
                    .map(event -> new Event(event))
                    .forEach(events::add);
        }
    }

    Event byId(long id) {
        synchronized (changes) {
            return events.get((int) (id - FIRST_ID));
        }
    }

    /** All events, oldest first. */
    List<JsonObject> all() {
        synchronized (changes) {
            return events.stream().map(Event::json).toList();
        }
    }
}
