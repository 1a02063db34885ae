package dev.imageferry.image;

import dev.imageferry.job.ErrorCode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/**
 * Whether a file looks unfit because its copy is not complete: it has been cut short, or its space was reserved first
 * (preallocation, {@code truncate}) and is zeroes where bytes are still to come.
 */
final class UnfinishedCopy {
    private static final int BLOCK_BYTES = 128 * 1024;

    /** Shorter runs of zeroes occur at the end of a complete gzip file too. */
    private static final int LEAST_ZEROES = 16;

    private UnfinishedCopy() {}

    /**
     * Judges one verdict.
     *
     * @param position up to which the file had been read when the verdict was found
     */
    static boolean explains(ErrorCode code, FileChannel file, long position) throws IOException {
        return switch (code) {
            case GZIP_TRUNCATED -> true;
            // zeroes inside a deflate block can be valid codes without an end, so that the uncompressed limit is met
            // first
            case NOT_GZIP, GZIP_CORRUPT, GZIP_TRAILING_DATA, TOO_LARGE_UNCOMPRESSED -> {
                long zeroesFrom = zeroesFrom(file);
                yield zeroesFrom <= position && file.size() - zeroesFrom >= LEAST_ZEROES;
            }
            default -> false;
        };
    }

    /** Where the zeroes begin that the file ends with; its size when the last byte is none. */
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
