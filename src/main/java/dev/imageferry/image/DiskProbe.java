package dev.imageferry.image;

import dev.imageferry.job.DiskContents;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Recognises the contents of a disk while it is streamed from the first byte to the last. Keeps the first MiB, the last
 * 64 KiB and the beginning of each of the first partitions, about 5 MiB for a disk of any size.
 */
final class DiskProbe {
    static final int HEAD_BYTES = 1 << 20;
    private static final int SECTOR_BYTES = 512;
    private static final int MAX_WINDOWS = 16;
    private static final int FIRST_LOGICAL = 5;
    private static final int MAX_LOGICAL = 60;
    private static final byte[] ZEROES = new byte[SECTOR_BYTES * 256];

    /**
     * The result.
     *
     * @param foreign the format of the content if it is not a raw disk; also included in the warnings
     */
    record Findings(DiskContents contents, Optional<ForeignFormat> foreign) {}

    private record Slot(PartitionTable.Entry entry, DiskWindow window) {}

    /** An extended boot record that has not been read yet. */
    private record AwaitedLink(long start, DiskWindow window) {}

    private final DiskWindow head = new DiskWindow(0, HEAD_BYTES);
    private final DiskTail tail = new DiskTail();
    private final List<Slot> slots = new ArrayList<>();
    private @Nullable PartitionTable table;
    private @Nullable AwaitedLink awaited;
    private long extendedStart;
    private int logicals;
    private long position;
    private boolean blank = true;

    static boolean isZero(byte[] bytes, int length) {
        for (int from = 0; from < length; from += ZEROES.length) {
            int count = Math.min(ZEROES.length, length - from);
            if (!Arrays.equals(bytes, from, from + count, ZEROES, 0, count)) {
                return false;
            }
        }
        return true;
    }

    /** Adds the next bytes of the disk. */
    void accept(byte[] chunk, int length) {
        blank = blank && isZero(chunk, length);
        tail.accept(chunk, length);
        if (table == null) {
            head.absorb(position, chunk, length);
            if (head.isFull()) {
                discover();
            }
        }
        if (table != null) {
            follow(position, chunk, length);
        }
        position += length;
    }

    /** The size of the disk according to its own metadata, if the rest is not read. */
    OptionalLong declaredBytes() {
        return DeclaredSize.of(head, table == null ? discover() : table);
    }

    Findings finish() {
        DiskWarnings warnings = new DiskWarnings();
        PartitionTable found = table == null ? discover() : table;
        DiskWindow end = tail.window();
        if (found.announcesGpt()) {
            Optional<PartitionTable> backup =
                    GuidPartitionTable.backup(end, position).map(PartitionTable::of);
            if (backup.isPresent()) {
                found = backup.get();
                warnings.onlyBackupGpt();
                replaceSlots(found);
            } else {
                warnings.noValidGpt();
            }
        }
        boolean partitioned = found.kind() != PartitionTable.Kind.NONE;
        Optional<Filesystem> whole = partitioned ? Optional.empty() : Superblocks.find(head);
        Optional<ForeignFormat> magic = ForeignFormat.of(head, lastSector(end));
        boolean iso = magic.filter(format -> format == ForeignFormat.ISO_9660).isPresent();
        // A newer file system does not overwrite an old ISO descriptor at 32 KiB.
        Optional<ForeignFormat> foreign = iso && (partitioned || whole.isPresent()) ? Optional.empty() : magic;

        foreign.ifPresent(warnings::foreign);
        if (partitioned) {
            if (iso) {
                warnings.hybridIso();
            }
            warnings.partitioned();
            slots.stream()
                    .map(Slot::entry)
                    .filter(entry -> !entry.isProtective())
                    .forEach(entry -> warnings.beyondEnd(entry, position));
            warnings.usableBeyondEnd(found.usableEndBytes(), position);
        } else if (blank) {
            warnings.blank();
        } else if (whole.isPresent()) {
            warnings.filesystem(whole.get().type());
        } else if (foreign.isEmpty()) {
            warnings.unknown();
        }
        warnings.size(position, SECTOR_BYTES);
        return new Findings(
                new DiskContents(
                        whole.map(Filesystem::type).orElse(null),
                        whole.map(Filesystem::label).orElse(null),
                        whole.map(Filesystem::uuid).orElse(null),
                        found.kind().toString(),
                        slots.stream().map(DiskProbe::partition).toList(),
                        warnings.all()),
                foreign);
    }

    private static DiskContents.Partition partition(Slot slot) {
        PartitionTable.Entry entry = slot.entry();
        Optional<Filesystem> filesystem = entry.isExtended() ? Optional.empty() : Superblocks.find(slot.window());
        return new DiskContents.Partition(
                entry.number(),
                entry.startBytes(),
                entry.bytes(),
                entry.type(),
                filesystem.map(Filesystem::type).orElse(null),
                filesystem.map(Filesystem::label).orElse(null),
                filesystem.map(Filesystem::uuid).orElse(null));
    }

    /** The last 512 bytes, with zeroes before them if the disk is shorter. */
    private static byte[] lastSector(DiskWindow end) {
        byte[] sector = new byte[SECTOR_BYTES];
        int count = Math.min(SECTOR_BYTES, end.capturedBytes());
        System.arraycopy(end.bytesAt(end.capturedBytes() - count, count), 0, sector, SECTOR_BYTES - count, count);
        return sector;
    }

    /** Partitions that are known only at the end can still be recognised if they begin in the head. */
    private void replaceSlots(PartitionTable found) {
        slots.clear();
        found.entries().forEach(this::addSlot);
        slots.forEach(slot -> slot.window().absorb(head));
    }

    /** Reads the partition table from the head, and the part of the partitions that is in the head. */
    private PartitionTable discover() {
        PartitionTable found = PartitionTable.read(head);
        table = found;
        for (PartitionTable.Entry entry : found.entries()) {
            addSlot(entry);
            if (entry.isExtended() && awaited == null) {
                extendedStart = entry.startBytes();
                await(extendedStart);
            }
        }
        follow(0, head.bytesAt(0, head.capturedBytes()), head.capturedBytes());
        return found;
    }

    private void addSlot(PartitionTable.Entry entry) {
        boolean seen = slots.size() < MAX_WINDOWS && !entry.isExtended();
        slots.add(new Slot(entry, new DiskWindow(entry.startBytes(), seen ? Superblocks.WINDOW_BYTES : 0)));
    }

    private void await(long linkStart) {
        awaited = new AwaitedLink(linkStart, new DiskWindow(linkStart, SECTOR_BYTES));
    }

    /** Follows links first, because the partition of a link comes after it, often in the same chunk. */
    private void follow(long chunkStart, byte[] chunk, int length) {
        AwaitedLink link = awaited;
        while (link != null) {
            link.window().absorb(chunkStart, chunk, length);
            if (!link.window().isFull()) {
                break;
            }
            awaited = null;
            PartitionTable.Link read =
                    PartitionTable.readLink(link.window(), link.start(), extendedStart, FIRST_LOGICAL + logicals);
            if (read.logical().isPresent()) {
                addSlot(read.logical().get());
                logicals++;
                // A chain that goes back would never end.
                if (read.nextStartBytes() > link.start() && logicals < MAX_LOGICAL) {
                    await(read.nextStartBytes());
                }
            }
            link = awaited;
        }
        for (Slot slot : slots) {
            slot.window().absorb(chunkStart, chunk, length);
        }
    }
}
