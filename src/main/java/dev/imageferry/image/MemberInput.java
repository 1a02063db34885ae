package dev.imageferry.image;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32;

/**
 * The input of a gzip decoder: buffered, with mark and reset, and with the position in the file. All members of a file share
 * it, so closing it does nothing.
 *
 * <p>It parses the header of each member and passes a minimal one to the decoder, because the decoder of commons-compress
 * refuses extra fields that are not lists of subfields (gzip, zlib and the JDK skip them), does not limit lengths and ignores
 * FHCRC.
 */
final class MemberInput extends InputStream {
    /** An extra field has up to 64 KiB; name and comment may have as much. */
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

    /** What follows at the current position. */
    enum Next {
        /** The end of the file. */
        END,
        /** The magic bytes of a member. */
        MEMBER,
        /** The first magic byte, then the end of the file. */
        PARTIAL_MAGIC,
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

    /** Bytes of the file that were read. */
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
            case -1 -> Next.PARTIAL_MAGIC;
            default -> Next.OTHER;
        };
    }

    /**
     * Reads the header of a member (RFC 1952, 2.3). The next bytes read are then a minimal header and the compressed data.
     *
     * @throws EOFException if the file ends in the header
     * @throws IOException if the header is invalid or its checksum does not match
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
                throw new IOException("the header checksum (FHCRC) does not match");
            }
        }
        plainHeaderLeft = PLAIN_HEADER.length;
    }

    private void skipHeader(int count) throws IOException {
        for (int i = 0; i < count; i++) {
            headerByte();
        }
    }

    /** Latin-1, terminated by NUL. */
    private void skipText() throws IOException {
        int letter;
        do {
            letter = headerByte();
        } while (letter != 0);
    }

    private int headerByte() throws IOException {
        if (headerBytes == MAX_HEADER_BYTES) {
            throw new IOException("the header has more than %s bytes".formatted(Printable.count(MAX_HEADER_BYTES)));
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
