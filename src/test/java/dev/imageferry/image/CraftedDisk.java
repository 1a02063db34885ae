package dev.imageferry.image;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import java.util.UUID;

/** A disk written byte by byte, for what no tool is at hand, and for what no tool would write. */
final class CraftedDisk {
    static final UUID LINUX = UUID.fromString("0fc63daf-8483-4772-8e79-3d69d8477de4");

    private final byte[] bytes;
    private final ByteBuffer buffer;

    CraftedDisk(int length) {
        bytes = new byte[length];
        buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    CraftedDisk text(int offset, String text) {
        byte[] letters = text.getBytes(ISO_8859_1);
        System.arraycopy(letters, 0, bytes, offset, letters.length);
        return this;
    }

    CraftedDisk int16(int offset, int value) {
        buffer.putShort(offset, (short) value);
        return this;
    }

    CraftedDisk int32(int offset, long value) {
        buffer.putInt(offset, (int) value);
        return this;
    }

    CraftedDisk int64(int offset, long value) {
        buffer.putLong(offset, value);
        return this;
    }

    CraftedDisk random(int offset, int length) {
        byte[] noise = new byte[length];
        new Random(offset).nextBytes(noise);
        System.arraycopy(noise, 0, bytes, offset, length);
        return this;
    }

    /** An entry in the boot record at that byte. */
    CraftedDisk mbrEntry(int record, int index, int type, long start, long sectors) {
        int offset = record + 446 + index * 16;
        bytes[offset + 4] = (byte) type;
        return int32(offset + 8, start).int32(offset + 12, sectors).int16(record + 510, 0xaa55);
    }

    CraftedDisk gpt(int sectorBytes, int entryBytes, int entries) {
        return mbrEntry(0, 0, 0xee, 1, 0xffffffffL)
                .text(sectorBytes, "EFI PART")
                .int64(sectorBytes + 72, 2)
                .int32(sectorBytes + 80, entries)
                .int32(sectorBytes + 84, entryBytes);
    }

    CraftedDisk gptEntry(int offset, long first, long last) {
        ByteBuffer type = ByteBuffer.allocate(16)
                .putLong(LINUX.getMostSignificantBits())
                .putLong(LINUX.getLeastSignificantBits());
        buffer.putInt(offset, type.getInt(0));
        buffer.putShort(offset + 4, type.getShort(4));
        buffer.putShort(offset + 6, type.getShort(6));
        buffer.putLong(offset + 8, Long.reverseBytes(type.getLong(8)));
        return int64(offset + 32, first).int64(offset + 40, last);
    }

    CraftedDisk ext4(int offset, String label) {
        return int16(offset + 0x438, 0xef53)
                .int32(offset + 0x45c, 0x4)
                .int32(offset + 0x460, 0x40)
                .random(offset + 0x468, 16)
                .text(offset + 0x478, label);
    }

    CraftedDisk fat16(int offset) {
        return text(offset, "\u00eb<\u0090mkfs.fat")
                .int16(offset + 11, 512)
                .int16(offset + 13, 4)
                .int16(offset + 14, 4)
                .int16(offset + 16, 2)
                .int16(offset + 17, 512)
                .int16(offset + 19, 20000)
                .int16(offset + 21, 0x20f8)
                .int32(offset + 0x27, 0x1234abcdL)
                .text(offset + 0x2b, "BOOT LABEL ")
                .int16(offset + 510, 0xaa55)
                .text(offset + (4 + 2 * 32) * 512, "ROOT LABEL \b");
    }

    CraftedDisk btrfs(int offset) {
        return text(offset + 0x10040, "_BHRfS_M").random(offset + 0x10020, 16).text(offset + 0x1012b, "butter");
    }

    byte[] bytes() {
        return bytes.clone();
    }
}
