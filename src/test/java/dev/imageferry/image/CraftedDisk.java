package dev.imageferry.image;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.zip.CRC32;

/** A disk written byte by byte, for contents that no available tool writes. */
final class CraftedDisk {
    static final UUID LINUX = UUID.fromString("0fc63daf-8483-4772-8e79-3d69d8477de4");

    private final byte[] bytes;
    private final ByteBuffer buffer;
    private final List<Integer> gptHeaders = new ArrayList<>();

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

    CraftedDisk int32(int offset, long value, boolean bigEndian) {
        return int32(offset, bigEndian ? Integer.reverseBytes((int) value) : value);
    }

    CraftedDisk zeroes(int offset, int length) {
        Arrays.fill(bytes, offset, offset + length, (byte) 0);
        return this;
    }

    /** The primary header in the second sector, with its entries from the third on. */
    CraftedDisk gpt(int sectorBytes, int entryBytes, int entries) {
        return mbrEntry(0, 0, 0xee, 1, 0xffffffffL).gptHeader(sectorBytes, 1, 2, entryBytes, entries);
    }

    /** The backup header in the last sector, with its entries before it. */
    CraftedDisk backupGpt(int sectorBytes, int entries) {
        int last = bytes.length / sectorBytes - 1;
        int table = last - sectors(entries * 128, sectorBytes);
        return mbrEntry(0, 0, 0xee, 1, 0xffffffffL).gptHeader(sectorBytes, last, table, 128, entries);
    }

    private CraftedDisk gptHeader(int sectorBytes, int sector, int table, int entryBytes, int entries) {
        int tableSectors = sectors(entries * entryBytes, sectorBytes);
        int header = sector * sectorBytes;
        gptHeaders.add(header);
        return text(header, "EFI PART")
                .int32(header + 12, 92)
                .int64(header + 24, sector)
                .int64(header + 32, bytes.length / sectorBytes - 1 - sector + 1)
                .int64(header + 40, 2 + tableSectors)
                .int64(header + 48, bytes.length / sectorBytes - 2 - tableSectors)
                .int64(header + 72, table)
                .int32(header + 80, entries)
                .int32(header + 84, entryBytes);
    }

    private static int sectors(int length, int sectorBytes) {
        return (length + sectorBytes - 1) / sectorBytes;
    }

    /** Writes the checksums of entries and header; must be called last. */
    private void seal(int header) {
        int sectorBytes = header / (int) buffer.getLong(header + 24);
        int table = (int) buffer.getLong(header + 72) * sectorBytes;
        int32(header + 88, crc32(table, buffer.getInt(header + 80) * buffer.getInt(header + 84)));
        sealHeader(header);
    }

    /** Updates the checksum of a changed GPT header. */
    CraftedDisk sealHeader(int header) {
        return int32(header + 16, 0).int32(header + 16, crc32(header, 92));
    }

    private long crc32(int offset, int length) {
        CRC32 crc = new CRC32();
        crc.update(bytes, offset, length);
        return crc.getValue();
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

    /** An LVM2 physical volume: label and {@code pv_header} in one sector, with LVM's checksum from its byte 20 on. */
    CraftedDisk lvm(int sector, String uuid) {
        int label = sector * 512;
        text(label, "LABELONE")
                .int64(label + 8, sector)
                .int32(label + 20, 32)
                .text(label + 24, "LVM2 001")
                .text(label + 32, uuid);
        int crc = 0xf597a6cf; // INITIAL_CRC of lib/misc/crc.h
        for (int i = label + 20; i < label + 512; i++) {
            crc ^= bytes[i] & 0xff;
            for (int bit = 0; bit < 8; bit++) {
                crc = (crc >>> 1) ^ ((crc & 1) == 0 ? 0 : 0xedb88320);
            }
        }
        return int32(label + 16, crc);
    }

    /** A UFS superblock: block and fragment size at 48, id at 144, UFS2's label at 680, magic at 1,372. */
    CraftedDisk ufs(int superblock, long magic, boolean bigEndian) {
        return int32(superblock + 48, 8192, bigEndian)
                .int32(superblock + 52, 1024, bigEndian)
                .int32(superblock + 144, 0x0a1b2c3dL, bigEndian)
                .int32(superblock + 148, 0x4e5f6071L, bigEndian)
                .text(superblock + 680, magic == 0x19540119L ? "freebsd" : "")
                .int32(superblock + 1372, magic, bigEndian);
    }

    byte[] bytes() {
        gptHeaders.forEach(this::seal);
        return bytes.clone();
    }
}
