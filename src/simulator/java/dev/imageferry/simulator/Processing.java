package dev.imageferry.simulator;

import dev.imageferry.simulator.SimulatedImage.Ending;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Makes images of stored objects, and copies of images in further regions. */
final class Processing {
    private final Changes changes;
    private final SimulatorOptions options;
    private final ImageStore images;
    private final EventLog events;
    private final Faults faults;
    private final Timers timers;

    Processing(
            Changes changes,
            SimulatorOptions options,
            ImageStore images,
            EventLog events,
            Faults faults,
            Timers timers) {
        this.changes = changes;
        this.options = options;
        this.images = images;
        this.events = events;
        this.faults = faults;
        this.timers = timers;
    }

    /** An object was stored under the image's key. */
    void stored(ImageRow row, StoredObject object, Fault.Target target) {
        synchronized (changes) {
            row.object = object;
            row.objectsStored++;
            changes.accountChanged();
            if (!row.exists() || row.made) {
                return; // the object lies there and nobody looks at it
            }
            if (row.processing && options.secondPut() != SimulatorOptions.SecondPut.PROCESSED_ANEW) {
                return;
            }
            begin(row, object, target);
        }
    }

    /** Goes on with what a restored image was waiting for. */
    void resume(ImageRow row) {
        synchronized (changes) {
            Fault.Target target =
                    new Fault.Target(Operation.PUT_OBJECT, "PUT", Bucket.PATH + row.number, row.label, row.id());
            StoredObject object = row.object;
            if (object != null && !row.made && !row.uploadEvent.isOver()) {
                begin(row, object, target);
            }
            for (String region : List.copyOf(row.regions.keySet())) {
                switch (row.regions.getOrDefault(region, "")) {
                    case "pending replication", "replicating" -> replicate(row, region, target);
                    case "pending deletion" -> removeCopy(row, region);
                    default -> {}
                }
            }
        }
    }

    private void begin(ImageRow row, StoredObject object, Fault.Target target) {
        row.processing = true;
        row.processingRound++;
        row.status = "pending_upload";
        events.start(row.uploadEvent);
        Optional<Effect.OnProcessing> fault = faults.take(Effect.OnProcessing.class, target);
        if (fault.isPresent() && fault.get() instanceof Effect.ProcessingNeverEnds) {
            return;
        }
        int round = row.processingRound;
        Duration total = options.processingTime()
                .plus(options.processingTimePerMebibyte()
                        .multipliedBy(object.bytes())
                        .dividedBy(1 << 20));
        timers.after(total.dividedBy(2), () -> inRound(row, round, () -> creating(row)));
        timers.after(total, () -> inRound(row, round, () -> finish(row, object, fault)));
    }

    private void inRound(ImageRow row, int round, Runnable step) {
        synchronized (changes) {
            if (row.exists() && row.processingRound == round) {
                step.run();
            }
        }
    }

    private void creating(ImageRow row) {
        row.status = "creating";
        events.progress(row.uploadEvent);
        images.touched(row);
    }

    private void finish(ImageRow row, StoredObject object, Optional<Effect.OnProcessing> fault) {
        if (fault.isEmpty()) {
            switch (object.unpacked()) {
                case Unpacked.Whole whole -> available(row, whole);
                case Unpacked.Broken ignored -> fail(row, "Failed to decompress image");
                case Unpacked.TooLarge ignored -> fail(row, "Image too large when uncompressed");
            }
            return;
        }
        switch (fault.get()) {
            case Effect.ProcessingFails failure -> fail(row, failure);
            case Effect.FailsAndStaysPending stays -> failAndStay(row, stays.message());
            case Effect.Vanishes ignored -> images.end(row, Ending.VANISHED, null);
            case Effect.ProcessingNeverEnds ignored -> {}
        }
    }

    private void available(ImageRow row, Unpacked.Whole content) {
        row.processing = false;
        row.made = true;
        row.status = "available";
        row.megabytes = Math.max(1, Math.ceilDiv(content.bytes(), 1 << 20));
        row.regions.put(row.region, "available");
        events.finish(row.uploadEvent);
        images.touched(row);
    }

    private void fail(ImageRow row, String message) {
        switch (options.failedUpload()) {
            case DELETED -> fail(row, new Effect.ProcessingFails(message, Duration.ZERO, Duration.ZERO));
            case STAYS_PENDING -> failAndStay(row, message);
        }
    }

    private void failAndStay(ImageRow row, String message) {
        row.processing = false;
        row.status = "pending_upload";
        events.fail(row.uploadEvent, message);
        images.touched(row);
    }

    private void fail(ImageRow row, Effect.ProcessingFails failure) {
        timers.after(failure.eventLag(), () -> events.fail(row.uploadEvent, failure.message()));
        timers.after(failure.deletionLag(), () -> images.end(row, Ending.PROCESSING_FAILED, failure.message()));
    }

    /** A copy was asked for. */
    void replicate(ImageRow row, String region, Fault.Target target) {
        synchronized (changes) {
            row.regions.put(region, "pending replication");
            boolean creating =
                    faults.take(Effect.CreatingWhileCopied.class, target).isPresent();
            if (creating) {
                row.copiesThatShowCreating++;
                row.status = "creating";
            }
            String last = faults.take(Effect.ReplicationEndsAs.class, target)
                    .map(Effect.ReplicationEndsAs::status)
                    .orElse("available");
            Duration half = options.replicationTime().dividedBy(2);
            timers.after(half, () -> moveCopy(row, region, "pending replication", "replicating"));
            timers.after(options.replicationTime(), () -> {
                synchronized (changes) {
                    if (creating && --row.copiesThatShowCreating == 0) {
                        row.status = "available";
                    }
                    moveCopy(row, region, "replicating", last);
                    images.touched(row);
                }
            });
        }
    }

    /** A copy is no longer wanted. */
    void removeCopy(ImageRow row, String region) {
        synchronized (changes) {
            row.regions.put(region, "pending deletion");
            timers.after(options.replicationTime(), () -> {
                synchronized (changes) {
                    row.regions.remove(region, "pending deletion");
                    images.touched(row);
                }
            });
        }
    }

    private void moveCopy(ImageRow row, String region, String from, String to) {
        synchronized (changes) {
            if (row.exists() && row.regions.replace(region, from, to)) {
                images.touched(row);
            }
        }
    }
}
