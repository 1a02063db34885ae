package dev.imageferry.image;

import dev.imageferry.job.RawImageAdvice;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/** Formats other than a raw disk, recognised by their magic bytes, with the commands that convert them. */
public enum ForeignFormat {
    /** Bytes 0 to 3, and the version, big-endian, at 4: QEMU's {@code block/qcow.c} for the first one. */
    QCOW("qcow", RawImageAdvice.CONVERT),
    /** The same bytes with version 2 or 3: QEMU's {@code docs/interop/qcow2}. */
    QCOW2("qcow2", RawImageAdvice.CONVERT),
    /** Bytes 0 to 3: QEMU's {@code docs/interop/qed_spec}. */
    QED("QED", RawImageAdvice.CONVERT),
    /**
     * Bytes 0 to 3 of a sparse extent, stream-optimised ones too, or a descriptor's first line: VMware's Virtual Disk Format
     * 5.0; {@code COWD} is ESX's, in QEMU's {@code block/vmdk.c}.
     */
    VMDK("VMDK", RawImageAdvice.CONVERT),
    /**
     * The cookie of the footer, which is the last 512 bytes (511 before Virtual PC 2004), with a copy at 0 in a dynamic one:
     * Microsoft's Virtual Hard Disk Image Format Specification 1.0.
     */
    VHD("VHD", RawImageAdvice.CONVERT_VHD),
    /** Bytes 0 to 7, the file type identifier: MS-VHDX 2.2.1. */
    VHDX("VHDX", RawImageAdvice.CONVERT),
    /** A number at 0x40, after free text: VirtualBox's {@code VDICore.h}. */
    VDI("VDI", RawImageAdvice.CONVERT),
    /** Bytes 0 to 15: QEMU's {@code docs/interop/parallels}. */
    PARALLELS("Parallels disk", RawImageAdvice.CONVERT),
    /** The start of the last 512 bytes: QEMU's {@code block/dmg.c}. */
    DMG("Apple DMG", RawImageAdvice.CONVERT),
    /** A number at 0: Android's {@code libsparse/sparse_format.h}. */
    ANDROID_SPARSE("Android sparse image", "convert it with simg2img, then gzip"),
    /** A volume descriptor's identifier, in sector 16 of 2,048 bytes, after its type: ECMA-119 8.1. */
    ISO_9660("ISO 9660", RawImageAdvice.INSTALL),
    /** The magic at 257 (POSIX.1-2017, pax, ustar); before there was one, the checksum of the first 512 bytes. */
    TAR("tar", RawImageAdvice.UNTAR + ", or " + Remedy.MAKE_DISK),
    /** {@code 070707}, {@code 070701} or {@code 070702}, or octal 070707 as a number: cpio(5). */
    CPIO("cpio", "unpack it with cpio -id and " + Remedy.MAKE_DISK),
    /** RFC 1952, 2.3.1. */
    GZIP("gzip", "compressed twice: decompress it once with gunzip"),
    /** The .xz File Format 1.1.0, 2.1.1.1. */
    XZ("xz", RawImageAdvice.UNXZ),
    /** RFC 8878, 3.1: a frame, or one to be skipped, with which pzstd begins. */
    ZSTD("zstd", RawImageAdvice.UNZSTD),
    /** The LZ4 Frame Format 1.6.4. */
    LZ4("lz4", RawImageAdvice.UNLZ4),
    /** Header, and at 4 the magic of a block, or of the stream's end: bzip2's {@code compress.c}. */
    BZIP2("bzip2", RawImageAdvice.UNBZIP2),
    /** PKWARE's APPNOTE 6.3.10: a local file header, 4.3.7, or the end of an empty one, 4.3.16. */
    ZIP("zip", RawImageAdvice.UNZIP),
    /** 7-Zip's {@code 7zFormat.txt}. */
    SEVEN_ZIP("7z", RawImageAdvice.UN7ZIP),
    /** Bytes 0 to 14, the name of the format: partclone's {@code src/partclone.h}. It holds the used blocks of one file system. */
    PARTCLONE("partclone image", "restore it with partclone.restore -W -s FILE -o disk.img, then gzip disk.img"),
    /** Bytes 0 to 15: ntfs-3g's {@code ntfsprogs/ntfsclone.c}. */
    NTFSCLONE("ntfsclone image", "restore it with ntfsclone -r -O disk.img FILE, then gzip disk.img"),
    /** Bytes 0 to 7 (Microsoft's Windows Imaging File Format), or those of wimlib's pipable form, {@code wimlib/header.h}. */
    WIM("WIM", RawImageAdvice.APPLY_WIM),
    /** System V ABI, {@code e_ident}. */
    ELF("ELF", "a program or kernel, not a disk: put it into a directory and " + Remedy.MAKE_DISK),
    /** Lines in the first 4 KiB, without control characters. */
    TEXT("text", "not a disk image (the error page of a download?): download the image again with curl --fail");

    public static final int HEAD_BYTES = 64 * 1024;

    private static final String QCOW_MAGIC = "QFI\u00fb";
    private static final int VDI_SIGNATURE_OFFSET = 0x40;
    private static final int ISO_DESCRIPTOR_OFFSET = 32768;
    private static final int TAR_HEADER_BYTES = 512;
    private static final int TAR_CHECKSUM_OFFSET = 148;
    private static final int TAR_CHECKSUM_BYTES = 8;
    private static final int CPIO_HEADER_BYTES = 26;
    private static final int CPIO_NAME_LENGTH_OFFSET = 20;
    private static final int TEXT_BYTES = 4096;

    private final String shown;
    private final String remedy;

    ForeignFormat(String shown, String remedy) {
        this.shown = shown;
        this.remedy = remedy;
    }

    private static final class Remedy {
        static final String MAKE_DISK =
                "make a disk from its files with virt-make-fs --type=ext4 DIRECTORY disk.img, then gzip that";
    }

    /** E.g. {@code qcow2}. */
    public String shown() {
        return shown;
    }

    /** E.g. {@code qcow2: convert it with qemu-img convert -O raw, then gzip}. */
    public String advice() {
        return shown + ": " + remedy;
    }

    /** E.g. {@code gzip → qcow2: convert it with qemu-img convert -O raw, then gzip}. */
    String message() {
        return "gzip → " + advice();
    }

    /**
     * Recognises the format.
     *
     * @param head the content from its first byte
     * @param lastSector its last 512 bytes, because a VHD of fixed size has only a footer
     */
    static Optional<ForeignFormat> of(DiskWindow head, byte[] lastSector) {
        return Arrays.stream(values())
                .filter(format -> format.matches(head, new String(lastSector, StandardCharsets.ISO_8859_1)))
                .findFirst();
    }

    /**
     * As {@link #of(DiskWindow, byte[])}.
     *
     * @param head the first bytes of the content; {@value #HEAD_BYTES} are enough for every format
     */
    public static Optional<ForeignFormat> of(byte[] head, byte[] lastSector) {
        DiskWindow window = new DiskWindow(0, head.length);
        window.absorb(0, head, head.length);
        return of(window, lastSector);
    }

    private boolean matches(DiskWindow head, String lastSector) {
        return switch (this) {
            case QCOW -> head.has(0, QCOW_MAGIC) && head.unsignedIntBigEndian(4) == 1;
            case QCOW2 -> head.has(0, QCOW_MAGIC) && head.unsignedIntBigEndian(4) != 1;
            case QED -> head.has(0, "QED\0");
            case VMDK -> head.has(0, "KDMV") || head.has(0, "COWD") || head.has(0, "# Disk DescriptorFile");
            case VHD ->
                head.has(0, "conectix") || lastSector.startsWith("conectix") || lastSector.startsWith("conectix", 1);
            case VHDX -> head.has(0, "vhdxfile");
            case VDI -> head.unsignedInt(VDI_SIGNATURE_OFFSET) == 0xbeda107fL;
            case PARALLELS -> head.has(0, "WithoutFreeSpace") || head.has(0, "WithouFreSpacExt");
            case DMG -> lastSector.startsWith("koly");
            case ANDROID_SPARSE -> head.unsignedInt(0) == 0xed26ff3aL;
            case ISO_9660 -> head.has(ISO_DESCRIPTOR_OFFSET + 1, "CD001");
            case TAR -> head.has(257, "ustar") || hasTarChecksum(head);
            case CPIO -> head.has(0, "070707") || head.has(0, "070701") || head.has(0, "070702") || isBinaryCpio(head);
            case GZIP -> head.has(0, "\u001f\u008b\b");
            case XZ -> head.has(0, "\u00fd7zXZ\0");
            case ZSTD -> head.has(0, "(\u00b5/\u00fd") || (head.unsignedInt(0) >>> 4) == 0x184d2a5;
            case LZ4 -> head.unsignedInt(0) == 0x184d2204L;
            case BZIP2 -> head.has(0, "BZh") && (head.has(4, "1AY&SY") || head.has(4, "\u0017rE8P\u0090"));
            case ZIP -> head.has(0, "PK\u0003\u0004") || head.has(0, "PK\u0005\u0006");
            case SEVEN_ZIP -> head.has(0, "7z\u00bc\u00af'\u001c");
            case PARTCLONE -> head.has(0, "partclone-image");
            case NTFSCLONE -> head.has(0, "\0ntfsclone-image");
            case WIM -> head.has(0, "MSWIM\0\0\0") || head.has(0, "WLPWM\0\0\0");
            case ELF -> head.has(0, "\u007fELF");
            case TEXT -> isText(head.bytesAt(0, Math.min(TEXT_BYTES, head.capturedBytes())));
        };
    }

    /** The sum of the bytes of the header, with spaces in place of the checksum field. */
    private static boolean hasTarChecksum(DiskWindow head) {
        String field = new String(head.bytesAt(TAR_CHECKSUM_OFFSET, TAR_CHECKSUM_BYTES), StandardCharsets.ISO_8859_1);
        String octal = field.replace('\0', ' ').strip();
        if (!octal.matches("[0-7]{1,7}")) {
            return false;
        }
        int sum = TAR_CHECKSUM_BYTES * ' ';
        for (int i = 0; i < TAR_HEADER_BYTES; i++) {
            boolean counted = i < TAR_CHECKSUM_OFFSET || i >= TAR_CHECKSUM_OFFSET + TAR_CHECKSUM_BYTES;
            sum += counted ? head.unsignedByte(i) : 0;
        }
        return sum == Integer.parseInt(octal, 8);
    }

    /** A magic of two bytes is weak, so the file name must also end where the header says (little-endian). */
    private static boolean isBinaryCpio(DiskWindow head) {
        int nameBytes = head.unsignedShort(CPIO_NAME_LENGTH_OFFSET);
        int nameEnd = CPIO_HEADER_BYTES + nameBytes - 1;
        return head.unsignedShort(0) == 0x71c7
                && nameBytes > 1
                && head.isCaptured(nameEnd, 1)
                && head.unsignedByte(nameEnd - 1) != 0
                && head.unsignedByte(nameEnd) == 0;
    }

    /** Lines of UTF-8 without control characters. The last character may be incomplete. */
    private static boolean isText(byte[] start) {
        CharsetDecoder decoder = StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT);
        CharBuffer decoded = CharBuffer.allocate(start.length);
        if (decoder.decode(ByteBuffer.wrap(start), decoded, false).isError()) {
            return false;
        }
        String text = decoded.flip().toString();
        return text.indexOf('\n') >= 0
                && text.chars().allMatch(letter -> !Character.isISOControl(letter) || "\n\r\t\f".indexOf(letter) >= 0);
    }
}
