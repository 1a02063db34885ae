package dev.imageferry.simulator;

import dev.imageferry.simulator.SimulatedImage.Ending;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The images of the account, also those that are gone; guarded by {@link Changes}. */
final class ImageStore {
    private static final long FIRST_NUMBER = 26_427_534;

    private final Changes changes;
    private final SimulatorOptions options;
    private final EventLog events;
    private final List<ImageRow> rows = new ArrayList<>();

    /** All rows without data. Rows that got data or ended are removed when the next overdue ones are searched. */
    private final List<ImageRow> withoutData = new ArrayList<>();

    ImageStore(Changes changes, SimulatorOptions options, EventLog events) {
        this.changes = changes;
        this.options = options;
        this.events = events;
    }

    ImageRow create(ImageRow.Wanted wanted) {
        synchronized (changes) {
            long number = FIRST_NUMBER + rows.size();
            EventLog.Event event = events.schedule(EventLog.UPLOAD, number, wanted.label());
            ImageRow row = new ImageRow(number, wanted, options.clock().instant(), event);
            rows.add(row);
            withoutData.add(row);
            changes.accountChanged();
            return row;
        }
    }

    JsonArray saved() {
        synchronized (changes) {
            return new JsonArray(rows.stream().map(SavedImage::of).toList());
        }
    }

    /** Takes the images of an earlier start, and returns those that still exist. */
    List<ImageRow> restore(JsonArray saved) {
        synchronized (changes) {
            saved.stream()
                    .map(JsonObject.class::cast)
                    .map(image -> SavedImage.row(image, events))
                    .forEach(rows::add);
            withoutData.addAll(rows);
            return rows.stream().filter(ImageRow::exists).toList();
        }
    }

    Optional<ImageRow> existing(long number) {
        synchronized (changes) {
            return ever(number).filter(ImageRow::exists);
        }
    }

    /** Also one that is gone: its number is still a key of the bucket. */
    Optional<ImageRow> ever(long number) {
        synchronized (changes) {
            expireOverdue();
            long index = number - FIRST_NUMBER;
            return index >= 0 && index < rows.size() ? Optional.of(rows.get((int) index)) : Optional.empty();
        }
    }

    List<SimulatedImage> existing() {
        return ever().stream().filter(image -> image.endingOrNull() == null).toList();
    }

    List<SimulatedImage> ever() {
        synchronized (changes) {
            expireOverdue();
            return rows.stream().map(ImageRow::snapshot).toList();
        }
    }

    List<URI> addresses(Function<ImageRow, URI> address) {
        synchronized (changes) {
            return rows.stream().map(address).toList();
        }
    }

    void touched(ImageRow row) {
        synchronized (changes) {
            row.updated = options.clock().instant();
            changes.accountChanged();
        }
    }

    /** The image is no more; its replicas go with it. */
    void end(ImageRow row, Ending ending, @Nullable String message) {
        synchronized (changes) {
            if (row.exists()) {
                row.ending = ending;
                row.endMessage = message;
                row.processing = false;
                row.processingRound++;
                touched(row);
            }
        }
    }

    /** Deletes as the API does: an upload under way is cancelled. */
    void delete(ImageRow row) {
        synchronized (changes) {
            events.cancel(row.uploadEvent);
            events.addFinished(EventLog.DELETE, row.number, row.label);
            end(row, Ending.DELETED, null);
        }
    }

    /** Records that a client changed the image. */
    void updated(ImageRow row) {
        synchronized (changes) {
            events.addFinished(EventLog.UPDATE, row.number, row.label);
            touched(row);
        }
    }

    /** Deletes the images that got no data while their URL was valid. A PUT under way counts as data. */
    void expireOverdue() {
        synchronized (changes) {
            Instant bornBefore = options.clock().instant().minus(options.urlValidity());
            withoutData.removeIf(row -> !row.exists() || row.object != null);
            for (ImageRow row : withoutData) {
                if (row.putsUnderWay == 0 && !row.created.isAfter(bornBefore)) {
                    String message = "Upload window expired";
                    events.fail(row.uploadEvent, message);
                    end(row, Ending.UPLOAD_WINDOW_EXPIRED, message);
                }
            }
        }
    }
}
