package dev.imageferry.image;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32;

/**
 * What a gzip decoder reads one member from: buffered, can go back, knows its position, and is shared by all members of a
 * file, so closing it does nothing.
 *
 * <p>While a header is read it does what the decoder of commons-compress leaves out: it bounds the header's length (a
 * file name without an end would fill the memory) and sums it up for FHCRC (RFC 1952, 2.3.1).
 */
final class MemberInput extends InputStream {
    /** An extra field takes up to 64 KiB; as much again for name and comment. */
    static final int MAX_HEADER_BYTES = 128 * 1024;

    private static final int BUFFER_BYTES = 128 * 1024;
    private static final int ID1 = 0x1f;
    private static final int ID2 = 0x8b;

    /** What stands at the present position. */
    enum Next {
        /** Nothing: the end of the file. */
        END,
        /** The magic bytes of a member. */
        MEMBER,
        /** The first magic byte, and then the end of the file. */
        HALF_A_MAGIC,
        /** Anything else. */
        OTHER
    }

    private final BufferedInputStream file;
    private long position;
    private long markedPosition;
    private boolean inHeader;
    private int headerBytes;
    private final CRC32 headerCrc = new CRC32();
    // The last two bytes are held back from the sum: they are the sum itself, if there is one.
    private int beforeLast;
    private int last;

    MemberInput(InputStream file) {
        this.file = new BufferedInputStream(file, BUFFER_BYTES);
    }

    /** Bytes of the file that were consumed. */
    long position() {
        return position;
    }

    Next next() throws IOException {
        file.mark(2);
        int first = file.read();
        int second = first < 0 ? -1 : file.read();
        file.reset();
        if (first < 0) {
            return Next.END;
        }
        if (first != ID1) {
            return Next.OTHER;
        }
        return switch (second) {
            case ID2 -> Next.MEMBER;
            case -1 -> Next.HALF_A_MAGIC;
            default -> Next.OTHER;
        };
    }

    void beginHeader() {
        inHeader = true;
        headerBytes = 0;
        headerCrc.reset();
    }

    /** @throws IOException when the header carries a sum of itself that is not right */
    void endHeader(boolean hasCrc) throws IOException {
        inHeader = false;
        if (hasCrc && (headerCrc.getValue() & 0xffff) != (beforeLast | last << 8)) {
            throw new IOException("the header's checksum (FHCRC) does not match");
        }
    }

    @Override
    public int read() throws IOException {
        int value = file.read();
        if (value >= 0) {
            position++;
            if (inHeader) {
                sumHeader(value);
            }
        }
        return value;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        int count = file.read(target, offset, length);
        if (count > 0) {
            position += count;
            if (inHeader) {
                for (int i = offset; i < offset + count; i++) {
                    sumHeader(target[i] & 0xff);
                }
            }
        }
        return count;
    }

    private void sumHeader(int value) throws IOException {
        if (headerBytes == MAX_HEADER_BYTES) {
            throw new IOException("a header of more than %s bytes".formatted(Printable.count(MAX_HEADER_BYTES)));
        }
        if (headerBytes >= 2) {
            headerCrc.update(beforeLast);
        }
        headerBytes++;
        beforeLast = last;
        last = value;
    }

    @Override
    public boolean markSupported() {
        return true;
    }

    @Override
    public void mark(int readLimit) {
        file.mark(readLimit);
        markedPosition = position;
    }

    @Override
    public void reset() throws IOException {
        file.reset();
        position = markedPosition;
    }
}
