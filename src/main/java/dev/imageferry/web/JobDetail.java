package dev.imageferry.web;

import dev.imageferry.daemon.QueueView;
import dev.imageferry.job.DiskContents;
import dev.imageferry.job.JobState;
import dev.imageferry.job.JobView;
import dev.imageferry.queue.HistoryEntry;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The data of the page of one job.
 *
 * @param timeline oldest entry first
 */
record JobDetail(JobCard card, List<TimelineEntry> timeline) {
    JobDetail {
        timeline = List.copyOf(timeline);
    }

    static JobDetail of(JobView job, List<HistoryEntry> history, QueueView.Summary summary) {
        return new JobDetail(
                JobCard.of(job, summary),
                history.stream().map(TimelineEntry::of).toList());
    }

    /**
     * An entry of the timeline.
     *
     * @param entered whether the job changed its state
     */
    record TimelineEntry(
            Instant at,
            String time,
            JobState state,
            String stateName,
            boolean entered,
            int attempt,
            String instance,
            String detail) {
        static TimelineEntry of(HistoryEntry entry) {
            return new TimelineEntry(
                    entry.at(),
                    PageText.utc(entry.at()),
                    entry.to(),
                    PageText.name(entry.to()),
                    entry.from() != entry.to(),
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
        return bytes == null ? "known after the check" : exact(bytes);
    }

    /** Empty before the check. */
    public String sha256() {
        return Objects.requireNonNullElse(job().sha256(), "");
    }

    public String imageId() {
        JobView.@Nullable Image image = job().image();
        return image == null ? "" : image.id();
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

    /** The metadata of the image, and where the file is. */
    public List<Fact> metadata() {
        JobView job = job();
        List<Fact> facts = new ArrayList<>();
        add(facts, "Description", job.description());
        add(facts, "Region", Objects.requireNonNullElse(job.region(), "none"));
        add(facts, "Tags", String.join(", ", job.tags()));
        add(facts, "Replicate to", String.join(", ", job.replicateTo()));
        add(facts, "cloud-init", job.cloudInit() ? "yes" : "no");
        add(facts, "Held by", job.instance());
        add(facts, "File", job.archived() ? "archived in done/ or failed/, with a receipt" : "in the drop folder");
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
