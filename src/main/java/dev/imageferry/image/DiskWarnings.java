package dev.imageferry.image;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The words for what does not keep an image from being uploaded, but may surprise who deploys it. */
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
            warnings.add("partition %d ends behind the disk's end at %s bytes: was the image cut off?"
                    .formatted(entry.number(), Printable.count(diskBytes)));
        }
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
        warnings.add("unknown content: neither a file system nor a partition table was recognised");
    }

    void size(long diskBytes, int sectorBytes) {
        if (diskBytes % sectorBytes != 0) {
            warnings.add("%s bytes uncompressed is not a multiple of %d: was the image cut off?"
                    .formatted(Printable.count(diskBytes), sectorBytes));
        }
    }

    List<String> all() {
        return List.copyOf(warnings);
    }
}
