package dev.imageferry.job;

import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The partitions and file systems of a disk image, read from its first bytes and superblocks. Shown as {@code contents} of a job.
 *
 * @param filesystem of the whole disk, as blkid names it ({@code ext4}, {@code xfs}, {@code LVM2_member}, …)
 * @param volumeLabel the file system's label
 * @param uuid the file system's UUID, as blkid writes it
 * @param partitionTable {@code none}, {@code MBR} or {@code GPT}
 * @param partitions in the order of the table
 * @param warnings what a user should know before deploying the image
 */
public record DiskContents(
        @Nullable String filesystem,
        @Nullable String volumeLabel,
        @Nullable String uuid,
        String partitionTable,
        List<Partition> partitions,
        List<String> warnings) {
    public DiskContents {
        partitions = List.copyOf(partitions);
        warnings = List.copyOf(warnings);
    }

    /** Returns a copy with further warnings. */
    public DiskContents withWarnings(List<String> further) {
        return new DiskContents(
                filesystem,
                volumeLabel,
                uuid,
                partitionTable,
                partitions,
                Stream.concat(warnings.stream(), further.stream()).toList());
    }

    /**
     * One entry of the partition table.
     *
     * @param number partition number as in the kernel, from 1
     * @param startBytes offset of the first byte on the disk
     * @param bytes size of the partition
     * @param type partition type: two hex digits (MBR) or a GUID (GPT)
     */
    public record Partition(
            int number,
            long startBytes,
            long bytes,
            String type,
            @Nullable String filesystem,
            @Nullable String volumeLabel,
            @Nullable String uuid) {}
}
