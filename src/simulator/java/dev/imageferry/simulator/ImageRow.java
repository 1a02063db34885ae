package dev.imageferry.simulator;

import dev.imageferry.simulator.SimulatedImage.Ending;
import dev.imageferry.simulator.SimulatedImage.RegionCopy;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** An image of the account; guarded by {@link Changes}. */
final class ImageRow {
    final long number;
    final String region;
    final boolean cloudInit;
    final Instant created;
    final EventLog.Event uploadEvent;
    String label;
    String description;
    List<String> tags;
    Instant updated;
    String status = "pending_upload";
    long megabytes;

    @Nullable
    StoredObject object;

    /** Whether its processing came to a good end once. */
    boolean made;

    int copiesThatShowCreating;
    int objectsStored;
    int putsUnderWay;
    /** Region to status, in the order in which they came. */
    final Map<String, String> regions = new LinkedHashMap<>();

    /** Grows when its processing begins anew or is over: what an earlier one still has in mind is then void. */
    int processingRound;

    boolean processing;

    @Nullable
    Ending ending;

    @Nullable
    String endMessage;

    /** What a create call asks for, after validation. */
    record Wanted(String label, String region, String description, boolean cloudInit, List<String> tags) {}

    ImageRow(long number, Wanted wanted, Instant created, EventLog.Event uploadEvent) {
        this.number = number;
        this.label = wanted.label();
        this.region = wanted.region();
        this.description = wanted.description();
        this.cloudInit = wanted.cloudInit();
        this.tags = wanted.tags();
        this.created = created;
        this.updated = created;
        this.uploadEvent = uploadEvent;
    }

    String id() {
        return "private/" + number;
    }

    boolean exists() {
        return ending == null;
    }

    boolean isAvailable() {
        return exists() && status.equals("available");
    }

    SimulatedImage snapshot() {
        StoredObject stored = object;
        return new SimulatedImage(
                id(),
                number,
                label,
                description,
                region,
                status,
                tags,
                cloudInit,
                created,
                updated,
                megabytes,
                stored == null ? 0 : stored.bytes(),
                stored == null ? null : stored.sha256(),
                stored == null ? null : stored.md5(),
                stored != null && stored.unpacked() instanceof Unpacked.Whole whole ? whole.bytes() : 0,
                stored != null && stored.unpacked() instanceof Unpacked.Whole whole ? whole.sha256OrNull() : null,
                objectsStored,
                regions.entrySet().stream()
                        .map(copy -> new RegionCopy(copy.getKey(), copy.getValue()))
                        .toList(),
                ending,
                endMessage);
    }
}
