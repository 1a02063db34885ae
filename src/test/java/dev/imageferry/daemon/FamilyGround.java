package dev.imageferry.daemon;

import dev.imageferry.job.Job;
import dev.imageferry.simulator.Operation;
import dev.imageferry.simulator.RecordedRequest;
import dev.imageferry.simulator.SimulatedImage;
import dev.imageferry.simulator.SimulatedLinode;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** A pipeline whose files are images of the family {@code debian}, each created a minute after the one before. */
final class FamilyGround {
    static final String FAMILY_TAG = "family-debian";

    private final Pipeline pipeline;
    private final int requestsBefore;
    private int minutes;

    FamilyGround(SimulatedLinode linode, Path root, int keep) {
        linode.clearFaults();
        linode.images().forEach(image -> linode.vanish(image.id()));
        this.requestsBefore = linode.requests().size();
        this.pipeline = new Pipeline(linode, root)
                .set("imageferry.image.family", "debian")
                .set("imageferry.image.keep", String.valueOf(keep));
    }

    Pipeline pipeline() {
        return pipeline;
    }

    static byte[] content(String name) {
        return Scenario.gzip(Scenario.random(100_000, name.hashCode()));
    }

    /** Uploads a file for each name, and returns the ids of their images. */
    List<String> images(Pipeline.Daemon daemon, String... names) {
        for (String name : names) {
            image(daemon, name, content(name));
        }
        return pipeline.jobs().stream().map(FamilyGround::imageOf).toList();
    }

    /** Uploads a file, and returns the id of its image. */
    String image(Pipeline.Daemon daemon, String name, byte[] content) {
        String file = name + ".img.gz";
        pipeline.drop(file, content);
        daemon.runToEnd(pipeline.jobs().size() + 1);
        created(file);
        return imageOf(job(name));
    }

    /** Gives the job of the file a creation time after all others. The pipeline moves the real one. */
    void created(String file) {
        pipeline.queue()
                .execute(
                        "UPDATE job SET created_at = CAST('2026-01-01T00:00:00Z' AS timestamptz) + make_interval(mins => ?)"
                                + " WHERE file = ?",
                        ++minutes,
                        file);
    }

    Job job(String name) {
        return pipeline.jobs().stream()
                .filter(job -> job.file().equals(name + ".img.gz"))
                .findFirst()
                .orElseThrow();
    }

    static String imageOf(Job job) {
        return String.valueOf(job.image().idOrNull());
    }

    /** The ids of the images at Linode. */
    Set<String> atLinode() {
        Set<String> ids = new TreeSet<>();
        pipeline.linode().images().stream().map(SimulatedImage::id).forEach(ids::add);
        return ids;
    }

    /** The images of the requests of this operation, in order. */
    List<String> requested(Operation operation) {
        return pipeline.linode().requests().stream()
                .skip(requestsBefore)
                .filter(request -> request.operation() == operation)
                .map(RecordedRequest::imageIdOrNull)
                .map(String::valueOf)
                .toList();
    }

    int listings() {
        return requested(Operation.LIST).size();
    }

    /** The files whose image is retired, oldest first. */
    List<String> retired() {
        return pipeline.jobs().stream()
                .filter(job -> job.retiredOrNull() != null)
                .map(job -> job.file().replace(".img.gz", ""))
                .toList();
    }

    /** Makes deletions that another instance has begun count as abandoned. */
    void leaseRunsOut() {
        pipeline.pass(Pipeline.LEASE.plusSeconds(1));
        pipeline.queue().execute("UPDATE job SET updated_at = updated_at - interval '3 minutes'");
    }
}
