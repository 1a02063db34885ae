package dev.imageferry.simulator;

import dev.imageferry.simulator.SimulatorOptions.TrailingBytes;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Decompresses a stream as {@code gzip -d} does (RFC 1952): all members with their checksums, in constant memory. It
 * keeps the length of the content and, unless it is large, its hash, never the content. Input arrives in parts; {@link #run} works on the
 * latest part until the part is used up or the output of one call reaches its limit.
 */
final class Gunzip implements AutoCloseable {
    /** The hash takes longer than all the rest, so that large content has none. */
    private static final long HASHED_BYTES = 64 << 20;

    private static final int MAGIC_1 = 0x1f;
    private static final int MAGIC_2 = 0x8b;
    private static final int DEFLATED = 8;
    private static final int FLAG_HEADER_CRC = 0x02;
    private static final int FLAG_EXTRA = 0x04;
    private static final int FLAG_NAME = 0x08;
    private static final int FLAG_COMMENT = 0x10;
    private static final int FLAGS_UNKNOWN = 0xe0;
    private static final int FIXED_AFTER_FLAGS = 6; // time, extra flags, operating system
    private static final int TRAILER_BYTES = 8;

    private final long limit;
    private final TrailingBytes trailingBytes;
    private final Inflater inflater = new Inflater(true);
    private final CRC32 headerCrc = new CRC32();
    private final CRC32 crc = new CRC32();
    private final MessageDigest sha256 = ObjectHash.digest("SHA-256");
    private final byte[] output = new byte[64 * 1024];
    private byte[] part = {};
    private int at;
    private State state = State.MAGIC_1;
    private int flags;
    private int bytesLeft;
    private long number;
    private long bytes;
    private long memberBytes;
    private long members;
    private volatile boolean closed;

    private enum State {
        MAGIC_1,
        MAGIC_2,
        METHOD,
        FLAGS,
        FIXED,
        EXTRA_LENGTH,
        EXTRA,
        NAME,
        COMMENT,
        HEADER_CRC,
        BODY,
        TRAILER,
        PADDING,
        TRAILING,
        BROKEN,
        TOO_LARGE
    }

    /**
     * Prepares for a stream.
     *
     * @param limit more uncompressed bytes than this end the work
     */
    Gunzip(long limit, TrailingBytes trailingBytes) {
        this.limit = limit;
        this.trailingBytes = trailingBytes;
    }

    /** Takes the next part. The one before it must be used up. */
    synchronized void feed(byte[] next) {
        part = next;
        at = 0;
    }

    /** Decompresses. Returns whether the part is used up; false means that another call is needed. */
    synchronized boolean run(long mostBytes) {
        long end = bytes + mostBytes;
        while (at < part.length && !closed) {
            switch (state) {
                case BODY -> inflate();
                case TRAILING, BROKEN, TOO_LARGE -> at = part.length;
                default -> take(Byte.toUnsignedInt(part[at++]));
            }
            if (bytes >= end && at < part.length) {
                return closed;
            }
        }
        return true;
    }

    /** Judges the stream, which ends here. */
    Unpacked done() {
        close();
        return switch (state) {
            case TOO_LARGE -> new Unpacked.TooLarge();
            case PADDING -> whole(); // gzip ignores trailing zeroes and says nothing
            case MAGIC_1 -> members > 0 ? whole() : new Unpacked.Broken();
            case TRAILING -> trailingBytes == TrailingBytes.IGNORED ? whole() : new Unpacked.Broken();
            default -> new Unpacked.Broken();
        };
    }

    private Unpacked whole() {
        return new Unpacked.Whole(bytes, bytes <= HASHED_BYTES ? HexFormat.of().formatHex(sha256.digest()) : null);
    }

    /** Frees the inflater. A call of {@link #run} on another thread ends soon. */
    @Override
    public void close() {
        closed = true;
        synchronized (this) {
            inflater.end();
        }
    }

    private void inflate() {
        try {
            inflater.setInput(part, at, part.length - at);
            int length = inflater.inflate(output);
            at = part.length - inflater.getRemaining();
            crc.update(output, 0, length);
            memberBytes += length;
            bytes += length;
            if (bytes <= HASHED_BYTES) {
                sha256.update(output, 0, length);
            }
            if (bytes > limit) {
                state = State.TOO_LARGE;
            } else if (inflater.finished()) {
                count(State.TRAILER, TRAILER_BYTES);
            } else if (inflater.needsDictionary()) {
                state = State.BROKEN;
            }
        } catch (DataFormatException broken) {
            state = State.BROKEN;
        }
    }

    /** Takes one byte of a header, a trailer, or what follows the last member. */
    private void take(int value) {
        switch (state) {
            case MAGIC_1 -> {
                headerCrc.reset();
                if (members > 0 && value == 0) {
                    state = State.PADDING;
                } else {
                    headerByte(value, value == MAGIC_1 ? State.MAGIC_2 : notAMember());
                }
            }
            case MAGIC_2 -> headerByte(value, value == MAGIC_2 ? State.METHOD : notAMember());
            case METHOD -> headerByte(value, value == DEFLATED ? State.FLAGS : State.BROKEN);
            case FLAGS -> {
                flags = value;
                headerByte(value, State.FIXED);
                count((flags & FLAGS_UNKNOWN) == 0 ? State.FIXED : State.BROKEN, FIXED_AFTER_FLAGS);
            }
            case FIXED -> {
                headerByte(value, state);
                if (--bytesLeft == 0) {
                    afterFixed();
                }
            }
            case EXTRA_LENGTH -> {
                headerByte(value, state);
                if (counted(value)) {
                    if (number == 0) {
                        afterExtra();
                    } else {
                        count(State.EXTRA, (int) number);
                    }
                }
            }
            case EXTRA -> {
                headerByte(value, state);
                if (--bytesLeft == 0) {
                    afterExtra();
                }
            }
            case NAME -> {
                headerByte(value, state);
                if (value == 0) {
                    afterName();
                }
            }
            case COMMENT -> {
                headerByte(value, state);
                if (value == 0) {
                    afterComment();
                }
            }
            case HEADER_CRC -> {
                if (counted(value)) {
                    if (number == (headerCrc.getValue() & 0xffff)) {
                        beginBody();
                    } else {
                        state = State.BROKEN;
                    }
                }
            }
            case TRAILER -> {
                if (counted(value)) {
                    endMember();
                }
            }
            case PADDING -> state = value == 0 ? State.PADDING : State.TRAILING;
            case BODY, TRAILING, BROKEN, TOO_LARGE -> throw new IllegalStateException("no single bytes in " + state);
        }
    }

    private void headerByte(int value, State then) {
        headerCrc.update(value);
        state = then;
    }

    private State notAMember() {
        return members > 0 ? State.TRAILING : State.BROKEN;
    }

    private void afterFixed() {
        if ((flags & FLAG_EXTRA) != 0) {
            count(State.EXTRA_LENGTH, 2);
        } else {
            afterExtra();
        }
    }

    private void afterExtra() {
        if ((flags & FLAG_NAME) != 0) {
            state = State.NAME;
        } else {
            afterName();
        }
    }

    private void afterName() {
        if ((flags & FLAG_COMMENT) != 0) {
            state = State.COMMENT;
        } else {
            afterComment();
        }
    }

    private void afterComment() {
        if ((flags & FLAG_HEADER_CRC) != 0) {
            count(State.HEADER_CRC, 2);
        } else {
            beginBody();
        }
    }

    private void beginBody() {
        inflater.reset();
        crc.reset();
        memberBytes = 0;
        state = State.BODY;
    }

    private void endMember() {
        long expected = (memberBytes & 0xffff_ffffL) << 32 | crc.getValue();
        members++;
        state = number == expected ? State.MAGIC_1 : State.BROKEN;
    }

    /** Begins a field of so many bytes. */
    private void count(State field, int length) {
        state = field;
        bytesLeft = length;
        number = 0;
    }

    /** Takes a byte of a little-endian number and returns whether it was the last one. */
    private boolean counted(int value) {
        number = number >>> 8 | (long) value << 56;
        if (--bytesLeft > 0) {
            return false;
        }
        number = state == State.TRAILER ? number : number >>> 48;
        return true;
    }
}
