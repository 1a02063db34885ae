package dev.imageferry.web;

import dev.imageferry.daemon.FileLocation;
import dev.imageferry.job.DiskContents;
import dev.imageferry.job.JobState;
import dev.imageferry.job.JobView;
import dev.imageferry.job.RetiredImage;
import dev.imageferry.queue.HistoryEntry;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The data of the page of one job.
 *
 * @param timeline oldest entry first
 * @param location where the file is now
 */
record JobDetail(JobCard card, List<TimelineEntry> timeline, FileLocation location) {
    JobDetail {
        timeline = List.copyOf(timeline);
    }

    static JobDetail of(JobCard card, List<HistoryEntry> history, FileLocation location) {
        List<TimelineEntry> timeline = new ArrayList<>();
        Instant until = card.isEnded() ? null : card.now();
        for (HistoryEntry entry : history.reversed()) {
            boolean entered = entry.from() != entry.to();
            timeline.addFirst(TimelineEntry.of(entry, entered ? until : null, card.now()));
            until = entered ? entry.at() : until;
        }
        return new JobDetail(card, timeline, location);
    }

    /**
     * An entry of the timeline.
     *
     * @param entered whether the job changed its state
     * @param lasted how long the job was in the state, or so far; empty for an end and for an entry within a state
     */
    record TimelineEntry(
            Moment at,
            JobState state,
            String stateName,
            boolean entered,
            String lasted,
            int attempt,
            String instance,
            String detail) {
        static TimelineEntry of(HistoryEntry entry, @Nullable Instant until, Instant now) {
            return new TimelineEntry(
                    Moment.of(entry.at(), now),
                    entry.to(),
                    PageText.name(entry.to()),
                    entry.from() != entry.to(),
                    until == null ? "" : PageText.duration(entry.at(), until),
                    entry.attempt(),
                    Objects.requireNonNullElse(entry.instance(), ""),
                    entry.detail());
        }
    }

    /** A row of a definition list. */
    record Fact(String name, String value) {}

    /** A row of the partition table. */
    record PartitionRow(int number, String size, String type, String filesystem, String name) {}

    /** The detected contents; empty before the check. */
    public List<Fact> contents() {
        DiskContents contents = job().contents();
        if (contents == null) {
            return List.of();
        }
        List<Fact> facts = new ArrayList<>();
        add(facts, "File system", contents.filesystem());
        add(facts, "Volume label", contents.volumeLabel());
        add(facts, "UUID", contents.uuid());
        add(facts, "Partition table", contents.partitionTable());
        return facts;
    }

    public List<PartitionRow> partitions() {
        DiskContents contents = job().contents();
        return contents == null
                ? List.of()
                : contents.partitions().stream()
                        .map(partition -> new PartitionRow(
                                partition.number(),
                                PageText.bytes(partition.bytes()),
                                partition.type(),
                                Objects.requireNonNullElse(partition.filesystem(), "–"),
                                Objects.requireNonNullElse(partition.volumeLabel(), "–")))
                        .toList();
    }

    public List<String> warnings() {
        DiskContents contents = job().contents();
        return contents == null ? List.of() : contents.warnings();
    }

    public String compressed() {
        return exact(job().compressedBytes());
    }

    public String uncompressed() {
        Long bytes = job().uncompressedBytes();
        return bytes == null ? (card.isEnded() ? "unknown" : "known after the check") : exact(bytes);
    }

    /** Empty before the check. */
    public String sha256() {
        return Objects.requireNonNullElse(job().sha256(), "");
    }

    public String imageId() {
        JobView.@Nullable Image image = job().image();
        return image == null ? "" : image.id();
    }

    /** Stands for the id of the image while there is none. */
    public String noImage() {
        return card.isEnded() ? "none" : "none yet";
    }

    /** What the image costs a month; empty if it is unknown or there will be no image. */
    public String cost() {
        Double dollars = job().monthlyCost();
        boolean noImage = (card.isEnded() && job().state() != JobState.AVAILABLE) || retired() != null;
        return dollars == null || noImage ? "" : PageText.dollars(dollars) + " a month";
    }

    /** Commands that deploy the image; empty unless it is available. */
    public List<Fact> deployment() {
        JobView.@Nullable Image image = job().image();
        if (job().state() != JobState.AVAILABLE || image == null || image.retired() != null) {
            return List.of();
        }
        String region = image.regions().isEmpty()
                ? Objects.requireNonNullElse(job().region(), "us-ord")
                : image.regions().getFirst().region();
        String name = job().label()
                .toLowerCase(Locale.ROOT)
                .replaceAll("[^a-z0-9]+", "-")
                .replaceAll("^-|-$", "");
        // names in Terraform begin with a letter
        String label = name.matches("[a-z].{2,}") ? name : "image-" + name;
        return List.of(
                new Fact(
                        "linode-cli",
                        "linode-cli linodes create --image %s --region %s --type g6-nanode-1 --label %s --root_pass"
                                .formatted(image.id(), region, label)),
                new Fact("Terraform", """
                        resource "linode_instance" "%1$s" {
                          label  = "%1$s"
                          image  = "%2$s"
                          region = "%3$s"
                          type   = "g6-nanode-1"
                        }""".formatted(label, image.id(), region)));
    }

    /** Why the image was deleted at Linode; empty if it was not. */
    public String retiredReason() {
        RetiredImage retired = retired();
        return retired == null ? "" : retired.reason();
    }

    /** When the image was deleted at Linode; null if it was not. */
    public @Nullable Moment retiredAt() {
        RetiredImage retired = retired();
        return retired == null ? null : Moment.of(retired.at(), card.now());
    }

    private @Nullable RetiredImage retired() {
        JobView.@Nullable Image image = job().image();
        return image == null ? null : image.retired();
    }

    /** The URL of the jobs of the same family; empty without a family. */
    public String familyUrl() {
        return job().family() == null ? "" : JobSearch.ofFamily(job().family());
    }

    /** How many images of the family are kept; empty for all. */
    public String keep() {
        Integer keep = job().keep();
        return keep == null ? "" : "keeps " + (keep == 1 ? "1 image" : keep + " images");
    }

    /** The regions of the image, with the status of the copy in each. */
    public List<Fact> regions() {
        JobView.@Nullable Image image = job().image();
        return image == null
                ? List.of()
                : image.regions().stream()
                        .map(copy -> new Fact(copy.region(), copy.status()))
                        .toList();
    }

    /** The metadata of the image. */
    public List<Fact> metadata() {
        JobView job = job();
        List<Fact> facts = new ArrayList<>();
        add(facts, "Description", job.description());
        add(facts, "Region", Objects.requireNonNullElse(job.region(), "none"));
        add(facts, "Tags", String.join(", ", job.tags()));
        add(facts, "Replicate to", String.join(", ", job.replicateTo()));
        add(facts, "cloud-init", job.cloudInit() ? "yes" : "no");
        add(facts, "Held by", job.instance());
        return facts;
    }

    private JobView job() {
        return card.job();
    }

    private static void add(List<Fact> facts, String name, @Nullable String value) {
        if (value != null && !value.isEmpty()) {
            facts.add(new Fact(name, value));
        }
    }

    private static String exact(long bytes) {
        return bytes < 1000 ? bytes + " bytes" : "%s (%,d bytes)".formatted(PageText.bytes(bytes), bytes);
    }
}
