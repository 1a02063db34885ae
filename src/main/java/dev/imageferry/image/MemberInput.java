package dev.imageferry.image;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32;

/**
 * What a gzip decoder reads one member from: buffered, can go back, knows its position, and is shared by all members of a
 * file, so closing it does nothing.
 *
 * <p>It reads the member's header itself and gives the decoder a plain one instead: the decoder of commons-compress refuses an
 * extra field that is no list of subfields (gzip, zlib and the JDK skip it), bounds no length and ignores FHCRC.
 */
final class MemberInput extends InputStream {
    /** An extra field takes up to 64 KiB; as much again for name and comment. */
    static final int MAX_HEADER_BYTES = 128 * 1024;

    private static final int BUFFER_BYTES = 128 * 1024;
    private static final int ID1 = 0x1f;
    private static final int ID2 = 0x8b;
    private static final int DEFLATE = 8;
    private static final int FHCRC = 0x02;
    private static final int FEXTRA = 0x04;
    private static final int FNAME = 0x08;
    private static final int FCOMMENT = 0x10;
    private static final int RESERVED = 0xe0;
    private static final byte[] PLAIN_HEADER = {ID1, (byte) ID2, DEFLATE, 0, 0, 0, 0, 0, 0, (byte) 0xff};

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
    private final CRC32 headerCrc = new CRC32();
    private long position;
    private long markedPosition;
    private int headerBytes;
    private int plainHeaderLeft;

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

    /**
     * Reads a member's header to its end (RFC 1952, 2.3), so that the next bytes read are a plain header and then the
     * compressed data.
     *
     * @throws EOFException when the file ends in it
     * @throws IOException when no decoder could go on, or when it carries a checksum of itself that is not right
     */
    void readHeader() throws IOException {
        headerBytes = 0;
        headerCrc.reset();
        skipHeader(2);
        int method = headerByte();
        if (method != DEFLATE) {
            throw new IOException("unsupported compression method " + method);
        }
        int flags = headerByte();
        if ((flags & RESERVED) != 0) {
            throw new IOException("reserved flags are set in the header");
        }
        skipHeader(6); // time, extra flags, operating system
        if ((flags & FEXTRA) != 0) {
            skipHeader(headerByte() | headerByte() << 8);
        }
        if ((flags & FNAME) != 0) {
            skipText();
        }
        if ((flags & FCOMMENT) != 0) {
            skipText();
        }
        if ((flags & FHCRC) != 0) {
            long expected = headerCrc.getValue() & 0xffff;
            if ((headerByte() | headerByte() << 8) != expected) {
                throw new IOException("the header's checksum (FHCRC) does not match");
            }
        }
        plainHeaderLeft = PLAIN_HEADER.length;
    }

    private void skipHeader(int count) throws IOException {
        for (int i = 0; i < count; i++) {
            headerByte();
        }
    }

    /** Latin-1 that ends with a zero. */
    private void skipText() throws IOException {
        int letter;
        do {
            letter = headerByte();
        } while (letter != 0);
    }

    private int headerByte() throws IOException {
        if (headerBytes == MAX_HEADER_BYTES) {
            throw new IOException("a header of more than %s bytes".formatted(Printable.count(MAX_HEADER_BYTES)));
        }
        int value = file.read();
        if (value < 0) {
            throw new EOFException("the file ends in a header");
        }
        position++;
        headerBytes++;
        headerCrc.update(value);
        return value;
    }

    @Override
    public int read() throws IOException {
        if (plainHeaderLeft > 0) {
            return PLAIN_HEADER[PLAIN_HEADER.length - plainHeaderLeft--] & 0xff;
        }
        int value = file.read();
        if (value >= 0) {
            position++;
        }
        return value;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        if (plainHeaderLeft > 0) {
            int count = Math.min(length, plainHeaderLeft);
            System.arraycopy(PLAIN_HEADER, PLAIN_HEADER.length - plainHeaderLeft, target, offset, count);
            plainHeaderLeft -= count;
            return count;
        }
        int count = file.read(target, offset, length);
        if (count > 0) {
            position += count;
        }
        return count;
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
