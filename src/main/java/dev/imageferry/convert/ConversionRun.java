package dev.imageferry.convert;

import dev.imageferry.convert.Workspace.Part;
import dev.imageferry.image.DeclaredSize;
import dev.imageferry.image.ForeignFormat;
import dev.imageferry.image.ImageLimits;
import dev.imageferry.image.Printable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** The conversion of one file. */
final class ConversionRun implements AutoCloseable {
    /** As much as has the partition table and the superblock. */
    private static final int HEAD_BYTES = 1 << 20;

    private static final int LAST_BYTES = 512;
    private static final int CHUNK_BYTES = 256 * 1024;

    private final ImageLimits limits;
    private final GzipWorkers workers;
    private final QemuImg qemu;
    private final Optional<FreeBlocks> freeBlocks;
    private final SourceFile source;
    private final Workspace files;
    private final Space space;
    private final Progress progress;

    /** Of what is read after the source. */
    private long furtherBytes;

    /** Why free blocks were not left out. */
    private @Nullable String note;

    ConversionRun(
            ImageLimits limits,
            GzipWorkers workers,
            QemuImg qemu,
            Optional<FreeBlocks> freeBlocks,
            Path source,
            Workspace files,
            Space space,
            Progress progress)
            throws IOException {
        this.limits = limits;
        this.workers = workers;
        this.qemu = qemu;
        this.freeBlocks = freeBlocks;
        this.files = files;
        this.space = space;
        this.progress = progress;
        this.source = SourceFile.open(source, this::sourceRead);
    }

    String sourceName() {
        return source.name();
    }

    Conversion run() throws IOException, InterruptedException, UnfitSourceException {
        if (source.bytes() == 0) {
            throw UnfitSourceException.noBytes();
        }
        byte[] head = source.at(0, HEAD_BYTES);
        Optional<ForeignFormat> content =
                ForeignFormat.of(head, source.at(Math.max(0, source.bytes() - LAST_BYTES), LAST_BYTES));
        if (content.isEmpty()) {
            raw(head);
            return finish();
        }
        switch (content.get()) {
            case GZIP -> {
                if (freeBlocks.isPresent() && !decompress(Compression.GZIP)) {
                    return new Conversion.NotNeeded(Objects.requireNonNull(note, "says why"));
                }
                if (freeBlocks.isEmpty()) {
                    decompress(Compression.GZIP);
                }
            }
            case XZ -> decompress(Compression.XZ);
            case ZSTD -> decompress(Compression.ZSTD);
            case BZIP2 -> decompress(Compression.BZIP2);
            case QCOW2 -> convert(source, DiskFormat.QCOW2);
            case VMDK -> convert(source, DiskFormat.VMDK);
            case VHD -> vhd();
            case VHDX -> convert(source, DiskFormat.VHDX);
            case VDI -> convert(source, DiskFormat.VDI);
            case QCOW, QED, PARALLELS, DMG ->
                throw UnfitSourceException.notRaw(content.get().advice());
            // a raw disk can look like these, and the check of the result decides what to do about it
            case ANDROID_SPARSE, ISO_9660, TAR, CPIO, LZ4, ZIP, SEVEN_ZIP, PARTCLONE, NTFSCLONE, WIM, ELF, TEXT ->
                raw(head);
        }
        return finish();
    }

    private Conversion finish() throws IOException {
        String sha256 = source.sha256();
        source.requireUnchanged();
        files.commit();
        return new Conversion.Made(sha256, note);
    }

    private void raw(byte[] head) throws IOException, InterruptedException, UnfitSourceException {
        Optional<String> named = SourceName.formatOf(source.name());
        if (named.isPresent()) {
            throw UnfitSourceException.damaged(
                    "the file is named .%s, but its content is not of that format (if it is a raw disk, rename it to .img)"
                            .formatted(named.get()),
                    isZero(head) || named.get().equals("vhd"));
        }
        requireWithinLimit(source.bytes());
        OptionalLong declared = DeclaredSize.of(head);
        if (declared.isPresent() && declared.getAsLong() > source.bytes()) {
            throw UnfitSourceException.truncated(
                    "the disk has %s bytes according to its partition table or file system, but the file has only %s"
                            .formatted(Printable.count(declared.getAsLong()), Printable.count(source.bytes())));
        }
        if (freeBlocks.isPresent()) {
            furtherBytes = source.bytes();
            if (compressSmaller(source.path(), source.bytes())) {
                return;
            }
            furtherBytes = 0;
        }
        compress(source::read);
    }

    private static boolean isZero(byte[] bytes) {
        int length = Math.min(LAST_BYTES, bytes.length);
        return Arrays.equals(bytes, 0, length, new byte[length], 0, length);
    }

    /** Returns false if the content is a raw disk in gzip from which nothing can be left out, and there is no target then. */
    private boolean decompress(Compression compression) throws IOException, InterruptedException, UnfitSourceException {
        compression.requireAnnouncedSizeWithin(limits, source);
        Unpacked content = Unpacked.open(compression, source);
        Optional<ForeignFormat> inside = ForeignFormat.of(content.peek(ForeignFormat.HEAD_BYTES), new byte[LAST_BYTES]);
        Optional<DiskFormat> disk = inside.flatMap(ConversionRun::diskFormat);
        if (disk.isPresent()) {
            unpack(content);
            try (SourceFile inner = SourceFile.open(files.path(Part.UNPACKED), bytes -> {})) {
                convert(inner, disk.get());
            }
            return true;
        }
        if (inside.isPresent()) {
            switch (inside.get()) {
                case GZIP, XZ, ZSTD, BZIP2 ->
                    throw UnfitSourceException.notRaw("compressed twice (%s → %s): decompress it once with %s"
                            .formatted(compression.shown(), inside.get().shown(), compression.command()));
                case QCOW, QED, PARALLELS, DMG ->
                    throw UnfitSourceException.notRaw(
                            compression.shown() + " → " + inside.get().advice());
                default -> {} // as for a file that is not compressed
            }
        }
        if (freeBlocks.isEmpty()) {
            compress(content);
            return true;
        }
        long bytes = unpack(content);
        furtherBytes = bytes;
        Path raw = files.path(Part.UNPACKED);
        if (compressSmaller(raw, bytes)) {
            return true;
        }
        if (compression == Compression.GZIP) {
            return false;
        }
        compressFile(raw);
        return true;
    }

    /** Formats that are recognised by their first bytes. */
    private static Optional<DiskFormat> diskFormat(ForeignFormat format) {
        return Arrays.stream(DiskFormat.values())
                .filter(each -> each.name().equals(format.name()))
                .findFirst();
    }

    /** Writes the content into a file, which programs need. Returns its size. */
    private long unpack(Unpacked content) throws IOException, InterruptedException, UnfitSourceException {
        try (TargetFile file = new TargetFile(files.path(Part.UNPACKED), files.create(Part.UNPACKED), space)) {
            byte[] chunk = new byte[CHUNK_BYTES];
            long total = 0;
            for (int count = content.read(chunk, 0, chunk.length);
                    count > 0;
                    count = content.read(chunk, 0, chunk.length)) {
                total += count;
                if (total > limits.uncompressedBytes()) {
                    throw UnfitSourceException.overLimit(limits);
                }
                file.writeSparse(chunk, count);
            }
            file.end();
            return total;
        }
    }

    /** A VHD of fixed size is a raw disk with a footer. */
    private void vhd() throws IOException, InterruptedException, UnfitSourceException {
        VhdFooter footer = VhdFooter.read(source);
        if (!footer.isFixed()) {
            convert(source, DiskFormat.VHD);
            return;
        }
        long bytes = footer.fixedBytes();
        requireWithinLimit(bytes);
        compress(new RawContent() {
            private long left = bytes;

            @Override
            public int read(byte[] into, int from, int length) throws IOException {
                int count = left == 0 ? -1 : source.read(into, from, (int) Math.min(length, left));
                left -= Math.max(0, count);
                return count;
            }
        });
    }

    private void convert(SourceFile file, DiskFormat format)
            throws IOException, InterruptedException, UnfitSourceException {
        requireWithinLimit(DiskHeaders.virtualBytes(format, file));
        qemu.check(file, format);
        QemuImg.Size size = qemu.measure(file, format);
        requireWithinLimit(size.virtualBytes());
        if (size.virtualBytes() == 0) {
            throw UnfitSourceException.nothingInside();
        }
        space.require(size.dataBytes());
        furtherBytes = size.virtualBytes();
        Path raw = files.path(Part.RAW);
        try (TargetFile hole = new TargetFile(raw, files.create(Part.RAW), space)) {
            hole.skip(size.virtualBytes());
            hole.end();
        }
        boolean unpacked = file != source;
        qemu.convert(file, format, raw, size.virtualBytes(), source::digestNext, percent -> {
            // the source of an unpacked file was read before
            report(unpacked ? source.bytes() : (long) (source.bytes() * percent / 100));
        });
        space.written(size.dataBytes());
        if (freeBlocks.isEmpty() || !compressSmaller(raw, size.dataBytes())) {
            compressFile(raw);
        }
    }

    /**
     * Compresses the disk without the blocks that no file uses.
     *
     * @param dataBytes the most that the smaller disk can need
     * @return false if nothing can be left out; then there is no target, and the note says why
     */
    private boolean compressSmaller(Path raw, long dataBytes)
            throws IOException, InterruptedException, UnfitSourceException {
        space.require(dataBytes);
        Path smaller = files.path(Part.SMALLER);
        switch (freeBlocks.orElseThrow().copy(raw, smaller)) {
            case FreeBlocks.Result.Copied copied -> {}
            case FreeBlocks.Result.NotExt notExt -> {
                note = "free blocks were not left out: the disk has no ext2, ext3 or ext4 file system";
                return false;
            }
            case FreeBlocks.Result.Refused refused -> {
                note = "free blocks were not left out: " + refused.why();
                return false;
            }
            case FreeBlocks.Result.Missing missing -> {
                note = "free blocks were not left out: " + missing.why();
                return false;
            }
        }
        space.written(dataBytes);
        compressFile(smaller);
        return true;
    }

    /** Compresses a raw disk that a program or the unpacking wrote. */
    private void compressFile(Path raw) throws IOException, InterruptedException, UnfitSourceException {
        try (FileChannel disk = FileChannel.open(raw, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
            compress((into, from, length) -> {
                int count = disk.read(ByteBuffer.wrap(into, from, length));
                report(source.bytes() + disk.position());
                return count;
            });
        }
    }

    private void compress(RawContent disk) throws IOException, InterruptedException, UnfitSourceException {
        try (TargetFile file = new TargetFile(files.path(Part.TARGET), files.create(Part.TARGET), space);
                GzipOutput out = new GzipOutput(workers, file, limits)) {
            out.write(disk);
            file.sync();
        }
    }

    private void requireWithinLimit(long bytes) throws UnfitSourceException {
        if (bytes > limits.uncompressedBytes()) {
            throw UnfitSourceException.tooLarge(bytes, limits);
        }
    }

    private void sourceRead(long bytes) {
        // a program reads the source too, and its progress counts
        if (furtherBytes == 0) {
            report(bytes);
        }
    }

    private void report(long done) {
        progress.at(done, source.bytes() + furtherBytes);
    }

    @Override
    public void close() throws IOException {
        source.close();
    }
}
