package dev.imageferry.simulator;

import dev.imageferry.simulator.SimulatedImage.Ending;
import java.time.Duration;
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
            changes.happened();
            if (!row.exists() || row.isAvailable()) {
                return; // the object lies there and nobody looks at it
            }
            if (row.processing && options.secondPut() != SimulatorOptions.SecondPut.PROCESSED_ANEW) {
                return;
            }
            begin(row, object, target);
        }
    }

    private void begin(ImageRow row, StoredObject object, Fault.Target target) {
        row.processing = true;
        row.processingRound++;
        row.status = "pending_upload";
        events.move(row.uploadEvent, "started", null);
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
        images.touched(row);
    }

    private void finish(ImageRow row, StoredObject object, Optional<Effect.OnProcessing> fault) {
        if (fault.isEmpty()) {
            Long length = object.gzipLengthOrNull();
            if (length != null && length > options.uncompressedLimitBytes()) {
                fail(
                        row,
                        new Effect.ProcessingFails("Image too large when uncompressed", Duration.ZERO, Duration.ZERO));
            } else {
                available(row, object);
            }
            return;
        }
        switch (fault.get()) {
            case Effect.ProcessingFails failure -> fail(row, failure);
            case Effect.Vanishes ignored -> images.end(row, Ending.VANISHED, null);
            case Effect.ProcessingNeverEnds ignored -> {}
        }
    }

    private void available(ImageRow row, StoredObject object) {
        row.processing = false;
        row.status = "available";
        row.megabytes = object.megabytes();
        row.regions.put(row.region, "available");
        events.move(row.uploadEvent, "finished", null);
        images.touched(row);
    }

    private void fail(ImageRow row, Effect.ProcessingFails failure) {
        timers.after(failure.eventLag(), () -> events.move(row.uploadEvent, "failed", failure.message()));
        timers.after(failure.deletionLag(), () -> images.end(row, Ending.PROCESSING_FAILED, failure.message()));
    }

    /** A copy was asked for. */
    void replicate(ImageRow row, String region, Fault.Target target) {
        synchronized (changes) {
            row.regions.put(region, "pending replication");
            String last = faults.take(Effect.OnReplication.class, target)
                    .map(Processing::lastStatus)
                    .orElse("available");
            Duration half = options.replicationTime().dividedBy(2);
            timers.after(half, () -> moveCopy(row, region, "pending replication", "replicating"));
            timers.after(options.replicationTime(), () -> moveCopy(row, region, "replicating", last));
        }
    }

    private static String lastStatus(Effect.OnReplication effect) {
        return switch (effect) {
            case Effect.ReplicationEndsAs ends -> ends.status();
        };
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
