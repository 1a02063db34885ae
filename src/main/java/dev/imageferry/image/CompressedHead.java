package dev.imageferry.image;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/** Decompresses only the beginning of a file that is too large to be checked. */
final class CompressedHead {
    /** The header of a gzip member can have fields of any length. */
    private static final int COMPRESSED_BYTES = 128 * 1024;

    private CompressedHead() {}

    /** The superblock of an ext2, ext3 or ext4 file system that fills the disk. */
    static Optional<ExtSuperblock> superblock(FileChannel file) throws IOException {
        ByteBuffer compressed = ByteBuffer.allocate(COMPRESSED_BYTES);
        while (compressed.hasRemaining() && file.read(compressed, compressed.position()) >= 0) {}
        try (GZIPInputStream content =
                new GZIPInputStream(new ByteArrayInputStream(compressed.array(), 0, compressed.position()))) {
            byte[] head = content.readNBytes(ExtSuperblock.OFFSET + ExtSuperblock.BYTES);
            return ExtSuperblock.of(Arrays.copyOfRange(head, Math.min(ExtSuperblock.OFFSET, head.length), head.length));
        } catch (EOFException | ZipException e) {
            return Optional.empty(); // the file is rejected for its size anyway
        }
    }
}
