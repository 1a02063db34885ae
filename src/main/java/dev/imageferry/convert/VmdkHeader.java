package dev.imageferry.convert;

import dev.imageferry.image.Printable;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * A VMDK in one file, {@code monolithicSparse} or {@code streamOptimized}: VMware's Virtual Disk Format 5.0, "Hosted Sparse Extents".
 * Other kinds are descriptors that name the files with the content, or such files.
 */
final class VmdkHeader {
    private static final int SECTOR_BYTES = 512;
    private static final String MAGIC = "KDMV";
    private static final int MAX_DESCRIPTOR_SECTORS = 2048;

    /** QEMU looks for a parent here, wherever the header says that the descriptor is. */
    private static final int QEMU_DESCRIPTOR_SECTOR = 1;

    private static final int QEMU_DESCRIPTOR_SECTORS = 20;

    /** The offset of the grain directory that says that the valid header is the footer. */
    private static final String AT_END = "\u00ff".repeat(8);

    private static final Set<String> KINDS = Set.of("monolithicsparse", "streamoptimized");
    private static final Pattern KIND = Pattern.compile("(?im)^\\s*createType\\s*=\\s*\"?([A-Za-z0-9]*)");
    private static final Pattern PARENT =
            Pattern.compile("(?im)parentFileNameHint|^\\s*parentCID\\s*=\\s*(?!\\s*f{8}\\b)");
    private static final Pattern EXTENT =
            Pattern.compile("(?im)^\\s*(?:RW|RDONLY|NOACCESS)\\s+\\d+\\s+(?<type>[A-Z0-9]+)(?<rest>.*)$");
    private static final Pattern FOLDER = Pattern.compile("[/\\\\]");

    private VmdkHeader() {}

    static long virtualBytes(SourceFile file) throws IOException, UnfitSourceException {
        if (!Header.read(file, DiskFormat.VMDK, 0, MAGIC.length(), ByteOrder.LITTLE_ENDIAN)
                .has(0, MAGIC)) {
            throw part();
        }
        Header header = read(file, 0);
        long sectors = header.uint64(0x0c);
        long descriptorSector = header.uint64(0x1c);
        long descriptorSectors = header.uint64(0x24);
        if (sectors == 0 || descriptorSector == 0 || descriptorSectors == 0) {
            throw part();
        }
        requireNoOtherFile(file, descriptorSector, descriptorSectors);
        if (header.has(0x38, AT_END)) {
            requireFooter(file, sectors);
        }
        return Header.product(sectors, SECTOR_BYTES);
    }

    private static Header read(SourceFile file, long offset) throws IOException, UnfitSourceException {
        return Header.read(file, DiskFormat.VMDK, offset, SECTOR_BYTES, ByteOrder.LITTLE_ENDIAN);
    }

    /** The descriptor is text. Readers differ in what they accept, so anything that could name a file is refused. */
    private static void requireNoOtherFile(SourceFile file, long sector, long sectors)
            throws IOException, UnfitSourceException {
        if (sectors > MAX_DESCRIPTOR_SECTORS || sector > file.bytes() / SECTOR_BYTES) {
            throw UnfitSourceException.damaged("the VMDK descriptor is outside the file", false);
        }
        String descriptor = text(file, sector, (int) sectors);
        String atFixedPlace = text(file, QEMU_DESCRIPTOR_SECTOR, QEMU_DESCRIPTOR_SECTORS);
        if (PARENT.matcher(descriptor).find() || atFixedPlace.contains("parentFileNameHint")) {
            throw DiskHeaders.refersTo("a parent disk", DiskFormat.VMDK);
        }
        String kind = KIND.matcher(descriptor)
                .results()
                .map(found -> found.group(1).toLowerCase(Locale.ROOT))
                .findFirst()
                .orElse("");
        List<MatchResult> extents = EXTENT.matcher(descriptor).results().toList();
        if (!KINDS.contains(kind)
                || extents.size() != 1
                || !extents.getFirst().group("type").equalsIgnoreCase("SPARSE")
                || FOLDER.matcher(extents.getFirst().group("rest")).find()) {
            throw DiskHeaders.refersTo("other files for its content", DiskFormat.VMDK);
        }
    }

    private static String text(SourceFile file, long sector, int sectors) throws IOException {
        return new String(file.at(sector * SECTOR_BYTES, sectors * SECTOR_BYTES), StandardCharsets.ISO_8859_1);
    }

    /** A footer is a second header in the last but one sector, before the end marker. */
    private static void requireFooter(SourceFile file, long sectors) throws IOException, UnfitSourceException {
        long offset = file.bytes() - 2 * SECTOR_BYTES;
        if (offset < SECTOR_BYTES || !read(file, offset).has(0, MAGIC)) {
            throw UnfitSourceException.truncated(
                    "the VMDK image has no footer at the end of its %s bytes".formatted(Printable.count(file.bytes())));
        }
        if (read(file, offset).uint64(0x0c) != sectors) {
            throw UnfitSourceException.damaged("header and footer of the VMDK image name different sizes", false);
        }
    }

    private static UnfitSourceException part() {
        return UnfitSourceException.failed(
                "the VMDK file is a descriptor or one of several parts, and no other file is read: make one file of all with qemu-img convert -O qcow2, and drop that");
    }
}
