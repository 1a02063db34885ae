package dev.imageferry.image;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Collects warnings about properties that do not prevent the upload, but may cause problems when the image is deployed. */
final class DiskWarnings {
    private static final Set<String> MANAGED = Set.of("ext3", "ext4");

    private final List<String> warnings = new ArrayList<>();

    void foreign(ForeignFormat found) {
        warnings.add(found.message());
    }

    void hybridIso() {
        warnings.add("hybrid ISO: it has a partition table and boots as a disk, but its file system is read-only");
    }

    void partitioned() {
        warnings.add("partitioned: Network Helper needs manual configuration");
    }

    void beyondEnd(PartitionTable.Entry entry, long diskBytes) {
        if (entry.bytes() > diskBytes - entry.startBytes()) {
            warnings.add("partition %d ends after the end of the disk at %s bytes: was the image truncated?"
                    .formatted(entry.number(), Printable.count(diskBytes)));
        }
    }

    /** Linux refuses such a GPT: {@code is_gpt_valid()} in {@code block/partitions/efi.c}. */
    void usableBeyondEnd(long usableEndBytes, long diskBytes) {
        if (usableEndBytes > diskBytes) {
            warnings.add(
                    "the GPT is for a larger disk: its usable area ends at %s bytes, the disk at %s. Was the image truncated?"
                                    .formatted(Printable.count(usableEndBytes), Printable.count(diskBytes))
                            + " If it was shrunk on purpose: sgdisk -e FILE, then gzip");
        }
    }

    void onlyBackupGpt() {
        warnings.add(
                "only the backup GPT in the last sector is valid, so Linux finds no partitions: repair the primary GPT with"
                        + " sgdisk -e FILE, then gzip");
    }

    void noValidGpt() {
        warnings.add(
                "protective MBR without a valid GPT in the second or the last sector, so Linux finds no partitions:"
                        + " was the image damaged or truncated?");
    }

    void blank() {
        warnings.add("blank: all zeroes");
    }

    void filesystem(String type) {
        if (!MANAGED.contains(type)) {
            warnings.add("not ext3/ext4: %s: resizing and Network Helper may not work".formatted(type));
        }
    }

    void unknown() {
        warnings.add("unknown content: no file system and no partition table recognised");
    }

    void size(long diskBytes, int sectorBytes) {
        if (diskBytes % sectorBytes != 0) {
            warnings.add("the uncompressed size of %s bytes is not a multiple of %d: was the image truncated?"
                    .formatted(Printable.count(diskBytes), sectorBytes));
        }
    }

    List<String> all() {
        return List.copyOf(warnings);
    }
}
