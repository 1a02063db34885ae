package dev.imageferry.image;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32;

/** Reads a file as gzip members (RFC 1952): finds them, and parses their headers and trailers. Knows the position in the file. */
final class MemberInput {
    /** An extra field has up to 64 KiB; name and comment may have as much. */
    static final int MAX_HEADER_BYTES = 128 * 1024;

    private static final int ID1 = 0x1f;
    private static final int ID2 = 0x8b;
    private static final int DEFLATE = 8;
    private static final int FHCRC = 0x02;
    private static final int FEXTRA = 0x04;
    private static final int FNAME = 0x08;
    private static final int FCOMMENT = 0x10;
    private static final int RESERVED = 0xe0;

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

    private final ReadAhead file;
    private final CRC32 headerCrc = new CRC32();
    private ByteBuffer chunk = ByteBuffer.allocate(0);

    /** Bytes that were taken too early. They come before the chunk. */
    private ByteBuffer unread = ByteBuffer.allocate(0);

    private int headerBytes;

    MemberInput(ReadAhead file) {
        this.file = file;
    }

    /** Bytes of the file that were read. */
    long position() {
        return file.bytesTaken() - chunk.remaining() - unread.remaining();
    }

    /** The bytes that follow, at least one; empty at the end of the file. The caller advances the position of the buffer. */
    ByteBuffer bytes() throws IOException {
        if (unread.hasRemaining()) {
            return unread;
        }
        chunk = file.chunk();
        return chunk;
    }

    /** Takes back bytes that were read too early. */
    void unread(byte[] bytes) {
        if (bytes.length > 0) {
            unread = ByteBuffer.allocate(bytes.length + unread.remaining())
                    .put(bytes)
                    .put(unread)
                    .flip();
        }
    }

    /** The next byte; -1 at the end of the file. */
    private int read() throws IOException {
        ByteBuffer bytes = bytes();
        return bytes.hasRemaining() ? bytes.get() & 0xff : -1;
    }

    Next next() throws IOException {
        int first = read();
        if (first < 0) {
            return Next.END;
        }
        int second = first == ID1 ? read() : -1;
        unread(second < 0 ? new byte[] {(byte) first} : new byte[] {(byte) first, (byte) second});
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
     * Reads the header of a member (RFC 1952, 2.3). The compressed data follows.
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
    }

    /**
     * Reads the trailer of a member (RFC 1952, 2.3.1) and compares it with the decompressed data.
     *
     * @throws EOFException if the file ends in the trailer
     * @throws IOException if the data has another CRC32 or length
     */
    void readTrailer(CRC32 crc, long length) throws IOException {
        if (readInt() != (int) crc.getValue()) {
            throw new IOException("the CRC32 of the data does not match");
        }
        if (readInt() != (int) length) {
            throw new IOException("the length of the data does not match");
        }
    }

    private int readInt() throws IOException {
        int value = 0;
        for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
            int next = read();
            if (next < 0) {
                throw new EOFException("the file ends in a trailer");
            }
            value |= next << shift;
        }
        return value;
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
        int value = read();
        if (value < 0) {
            throw new EOFException("the file ends in a header");
        }
        headerBytes++;
        headerCrc.update(value);
        return value;
    }
}
