package dev.imageferry.image;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/** What is found in a {@code .img.gz} coat and is no raw disk, with what to do about it. */
enum ForeignFormat {
    QCOW("qcow2", Mend.CONVERT),
    QED("QED", Mend.CONVERT),
    VMDK("VMDK", Mend.CONVERT),
    VHD("VHD", "convert it with qemu-img convert -f vpc -O raw, then gzip"),
    VHDX("VHDX", Mend.CONVERT),
    VDI("VDI", Mend.CONVERT),
    PARALLELS("Parallels disk", Mend.CONVERT),
    DMG("Apple DMG", Mend.CONVERT),
    ANDROID_SPARSE("Android sparse image", "convert it with simg2img, then gzip"),
    ISO_9660("ISO 9660", "an installer medium is no disk: install it into a raw image, then gzip that"),
    TAR("tar", "an archive is no disk: unpack it into a raw image with a file system, then gzip that"),
    GZIP("gzip", "compressed twice: gunzip it once"),
    XZ("xz", "decompress it with unxz, then gzip"),
    ZSTD("zstd", "decompress it with unzstd, then gzip"),
    BZIP2("bzip2", "decompress it with bunzip2, then gzip"),
    ZIP("zip", "unzip it, then gzip the raw image in it"),
    SEVEN_ZIP("7z", "unpack it, then gzip the raw image in it"),
    ELF("ELF", "a program or kernel is no disk: put it into a raw image, then gzip that"),
    TEXT("text", "not a disk image (a download's error page?): get the image again");

    private static final int VDI_SIGNATURE_OFFSET = 0x40;
    private static final int ISO_DESCRIPTOR_OFFSET = 32768;
    private static final int TEXT_BYTES = 4096;

    private final String shown;
    private final String mend;

    ForeignFormat(String shown, String mend) {
        this.shown = shown;
        this.mend = mend;
    }

    private static final class Mend {
        static final String CONVERT = "convert it with qemu-img convert -O raw, then gzip";
    }

    /** E.g. {@code gzip → qcow2: convert it with qemu-img convert -O raw, then gzip}. */
    String message() {
        return "gzip → " + shown + ": " + mend;
    }

    /**
     * Knows the format by its magic.
     *
     * @param head the content from its first byte
     * @param lastSector its last 512 bytes: a VHD of fixed size has nothing but a footer
     */
    static Optional<ForeignFormat> of(DiskWindow head, byte[] lastSector) {
        return Arrays.stream(values())
                .filter(format -> format.matches(head, new String(lastSector, StandardCharsets.ISO_8859_1)))
                .findFirst();
    }

    private boolean matches(DiskWindow head, String lastSector) {
        return switch (this) {
            case QCOW -> head.has(0, "QFI\u00fb");
            case QED -> head.has(0, "QED\0");
            case VMDK -> head.has(0, "KDMV") || head.has(0, "COWD") || head.has(0, "# Disk DescriptorFile");
            case VHD -> head.has(0, "conectix") || lastSector.startsWith("conectix");
            case VHDX -> head.has(0, "vhdxfile");
            case VDI -> head.unsignedInt(VDI_SIGNATURE_OFFSET) == 0xbeda107fL;
            case PARALLELS -> head.has(0, "WithoutFreeSpace") || head.has(0, "WithouFreSpacExt");
            case DMG -> lastSector.startsWith("koly");
            case ANDROID_SPARSE -> head.unsignedInt(0) == 0xed26ff3aL;
            case ISO_9660 -> head.has(ISO_DESCRIPTOR_OFFSET + 1, "CD001");
            case TAR -> head.has(257, "ustar");
            case GZIP -> head.has(0, "\u001f\u008b\b");
            case XZ -> head.has(0, "\u00fd7zXZ\0");
            case ZSTD -> head.has(0, "(\u00b5/\u00fd");
            case BZIP2 -> head.has(0, "BZh") && (head.has(4, "1AY&SY") || head.has(4, "\u0017rE8P\u0090"));
            case ZIP -> head.has(0, "PK\u0003\u0004") || head.has(0, "PK\u0005\u0006");
            case SEVEN_ZIP -> head.has(0, "7z\u00bc\u00af'\u001c");
            case ELF -> head.has(0, "\u007fELF");
            case TEXT -> isText(head.bytesAt(0, Math.min(TEXT_BYTES, head.capturedBytes())));
        };
    }

    /** Lines of UTF-8 without control characters; a character cut in two at the end is no objection. */
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
