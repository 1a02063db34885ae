package dev.imageferry.image;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * An ext2, ext3 or ext4 file system on a raw disk.
 *
 * @param name of the place, such as {@code partition 2}, for messages
 * @param start the offset on the disk
 * @param availableBytes the size of its partition, or of the disk
 */
public record ExtVolume(String name, long start, long availableBytes, ExtSuperblock superblock) {
    /**
     * Finds the file systems of a disk, in the order of their offsets: one that fills the disk, or those in partitions. Logical
     * partitions of an MBR are not searched.
     */
    public static List<ExtVolume> on(FileChannel disk) throws IOException {
        DiskWindow head = new DiskWindow(0, DiskProbe.HEAD_BYTES);
        byte[] bytes = read(disk, 0, DiskProbe.HEAD_BYTES);
        head.absorb(0, bytes, bytes.length);
        List<ExtVolume> volumes = new ArrayList<>();
        PartitionTable table = PartitionTable.read(head);
        if (table.entries().isEmpty()) {
            at(disk, "the file system", 0, disk.size()).ifPresent(volumes::add);
        }
        for (PartitionTable.Entry entry : table.entries()) {
            if (!entry.isExtended() && entry.startBytes() < disk.size()) {
                at(disk, "the file system in partition " + entry.number(), entry.startBytes(), entry.bytes())
                        .ifPresent(volumes::add);
            }
        }
        volumes.sort((one, other) -> Long.compare(one.start(), other.start()));
        return volumes;
    }

    private static Optional<ExtVolume> at(FileChannel disk, String name, long start, long bytes) throws IOException {
        long available = Math.min(bytes, disk.size() - start);
        return ExtSuperblock.of(read(disk, start + ExtSuperblock.OFFSET, ExtSuperblock.BYTES))
                .map(superblock -> new ExtVolume(name, start, available, superblock));
    }

    /** The bytes at an offset; fewer where the disk ends. */
    private static byte[] read(FileChannel disk, long offset, int count) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(Math.clamp(disk.size() - offset, 0, count));
        while (bytes.hasRemaining() && disk.read(bytes, offset + bytes.position()) >= 0) {}
        return bytes.array();
    }

    /** The offset on the disk after the file system. */
    public long end() {
        return start + superblock.bytes();
    }
}
