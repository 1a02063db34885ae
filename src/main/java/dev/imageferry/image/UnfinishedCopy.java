package dev.imageferry.image;

import dev.imageferry.job.ErrorCode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/**
 * Recognises an incomplete copy: the file is cut short, or its space was preallocated and the bytes that are missing are
 * zeroes.
 */
public final class UnfinishedCopy {
    private static final int BLOCK_BYTES = 128 * 1024;

    /** A complete gzip file can also end in a few zeroes. */
    private static final int LEAST_ZEROES = 16;

    private UnfinishedCopy() {}

    /**
     * Whether an incomplete copy could cause this error.
     *
     * @param position how far the file was read before the error was found
     */
    static boolean explains(ErrorCode code, FileChannel file, long position) throws IOException {
        return switch (code) {
            case GZIP_TRUNCATED -> true;
            // zeroes in a deflate block can be an endless run of valid codes, which ends at the uncompressed limit
            case NOT_GZIP, GZIP_CORRUPT, GZIP_TRAILING_DATA, TOO_LARGE_UNCOMPRESSED -> isZeroFrom(file, position);
            default -> false;
        };
    }

    /** Whether the rest of the file, and at least its last {@value #LEAST_ZEROES} bytes, are zeroes. */
    public static boolean isZeroFrom(FileChannel file, long position) throws IOException {
        long zeroesFrom = zeroesFrom(file);
        return zeroesFrom <= position && file.size() - zeroesFrom >= LEAST_ZEROES;
    }

    /** Where the trailing zeroes of the file begin; its size if it has none. */
    private static long zeroesFrom(FileChannel file) throws IOException {
        ByteBuffer block = ByteBuffer.allocate(BLOCK_BYTES);
        long end = file.size();
        while (end > 0) {
            long begin = Math.max(0, end - BLOCK_BYTES);
            block.clear().limit((int) (end - begin));
            while (block.hasRemaining() && file.read(block, begin + block.position()) >= 0) {}
            for (int i = block.position() - 1; i >= 0; i--) {
                if (block.get(i) != 0) {
                    return begin + i + 1;
                }
            }
            end = begin;
        }
        return 0;
    }
}
