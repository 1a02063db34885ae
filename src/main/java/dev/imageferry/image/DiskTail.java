package dev.imageferry.image;

/** Keeps the last bytes of the disk, which contain the backup GPT and the footers of some formats. */
final class DiskTail {
    /** A backup GPT has 33 sectors. A table of 256 entries on sectors of 4 KiB also fits. */
    private static final int CAPACITY = 64 * 1024;

    private final byte[] ring = new byte[CAPACITY];
    private long position;

    /** Adds the next bytes of the disk. */
    void accept(byte[] chunk, int length) {
        position += length;
        int kept = Math.min(length, CAPACITY);
        int to = (int) ((position - kept) % CAPACITY);
        int beforeWrap = Math.min(kept, CAPACITY - to);
        System.arraycopy(chunk, length - kept, ring, to, beforeWrap);
        System.arraycopy(chunk, length - kept + beforeWrap, ring, 0, kept - beforeWrap);
    }

    /** The last bytes of the disk, up to the capacity. */
    DiskWindow window() {
        int count = (int) Math.min(position, CAPACITY);
        DiskWindow window = new DiskWindow(position - count, count);
        byte[] bytes = new byte[count];
        int from = (int) ((position - count) % CAPACITY);
        int beforeWrap = Math.min(count, CAPACITY - from);
        System.arraycopy(ring, from, bytes, 0, beforeWrap);
        System.arraycopy(ring, 0, bytes, beforeWrap, count - beforeWrap);
        window.absorb(position - count, bytes, count);
        return window;
    }
}
