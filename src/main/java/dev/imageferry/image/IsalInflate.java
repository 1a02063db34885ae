package dev.imageferry.image;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.zip.DataFormatException;

/**
 * Decompresses with ISA-L. The offsets are those of {@code struct inflate_state} in {@code igzip_lib.h}, which are the same in
 * all versions of libisal.so.2; {@link IsalLibrary} tests them.
 */
final class IsalInflate implements Inflate {
    private static final long NEXT_OUT = 0;
    private static final long AVAIL_OUT = 8;
    private static final long NEXT_IN = 16;
    private static final long READ_IN = 24;
    private static final long AVAIL_IN = 32;
    private static final long READ_IN_LENGTH = 36;
    private static final long BLOCK_STATE = 21160;
    private static final int BLOCK_FINISH = 5;

    /** The structure has 87,368 bytes in version 2.30. */
    private static final long STATE_BYTES = 256 * 1024;

    private static final int INPUT_BYTES = 64 * 1024;
    private static final int OUTPUT_BYTES = 128 * 1024;

    private final IsalLibrary library;
    private final Arena arena = Arena.ofConfined();
    private final MemorySegment state = arena.allocate(STATE_BYTES, 64);
    private final MemorySegment in = arena.allocate(INPUT_BYTES, 64);
    private final MemorySegment out = arena.allocate(OUTPUT_BYTES, 64);

    IsalInflate(IsalLibrary library) {
        this.library = library;
    }

    @Override
    public void begin() {
        try {
            library.init().invokeExact(state);
        } catch (Throwable e) {
            throw new IllegalStateException("isal_inflate_init failed", e);
        }
        state.set(ValueLayout.JAVA_INT, AVAIL_IN, 0);
    }

    @Override
    public int inflate(ByteBuffer input, byte[] output) throws DataFormatException {
        int written = 0;
        while (written < output.length && !hasEnded()) {
            if (state.get(ValueLayout.JAVA_INT, AVAIL_IN) == 0) {
                fill(input);
            }
            int count = inflate(output, written);
            written += count;
            if (count == 0 && state.get(ValueLayout.JAVA_INT, AVAIL_IN) == 0 && !input.hasRemaining()) {
                break;
            }
        }
        return written;
    }

    private void fill(ByteBuffer input) {
        int count = Math.min(input.remaining(), INPUT_BYTES);
        MemorySegment.copy(MemorySegment.ofBuffer(input), 0, in, 0, count);
        input.position(input.position() + count);
        state.set(ValueLayout.ADDRESS, NEXT_IN, in);
        state.set(ValueLayout.JAVA_INT, AVAIL_IN, count);
    }

    private int inflate(byte[] output, int from) throws DataFormatException {
        int space = Math.min(output.length - from, OUTPUT_BYTES);
        state.set(ValueLayout.ADDRESS, NEXT_OUT, out);
        state.set(ValueLayout.JAVA_INT, AVAIL_OUT, space);
        int result;
        try {
            result = (int) library.inflate().invokeExact(state);
        } catch (Throwable e) {
            throw new IllegalStateException("isal_inflate failed", e);
        }
        if (result < 0) {
            throw new DataFormatException("invalid deflate data (" + result + ")");
        }
        int count = space - state.get(ValueLayout.JAVA_INT, AVAIL_OUT);
        MemorySegment.copy(out, ValueLayout.JAVA_BYTE, 0, output, from, count);
        return count;
    }

    @Override
    public boolean hasEnded() {
        return state.get(ValueLayout.JAVA_INT, BLOCK_STATE) == BLOCK_FINISH;
    }

    /** ISA-L reads up to 8 bytes ahead into {@code read_in}, and the rest of the last {@link #fill} is left as well. */
    @Override
    public byte[] surplus() {
        int bits = state.get(ValueLayout.JAVA_INT, READ_IN_LENGTH);
        long ahead = state.get(ValueLayout.JAVA_LONG, READ_IN) >>> (bits % 8);
        int left = state.get(ValueLayout.JAVA_INT, AVAIL_IN);
        byte[] surplus = new byte[bits / 8 + left];
        for (int i = 0; i < bits / 8; i++) {
            surplus[i] = (byte) (ahead >>> (8 * i));
        }
        MemorySegment next = state.get(ValueLayout.ADDRESS, NEXT_IN);
        MemorySegment.copy(in, next.address() - in.address(), MemorySegment.ofArray(surplus), bits / 8, left);
        return surplus;
    }

    @Override
    public void close() {
        arena.close();
    }
}
