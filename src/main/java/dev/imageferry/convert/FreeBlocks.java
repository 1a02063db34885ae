package dev.imageferry.convert;

import dev.imageferry.file.DiskFull;
import dev.imageferry.image.ExtSuperblock;
import dev.imageferry.image.ExtVolume;
import dev.imageferry.image.Printable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Leaves out what deleted files left behind in ext2, ext3 and ext4 file systems (e2fsprogs' {@code e2image -ra}). Everything that is
 * not in such a file system is copied as it is. {@code e2image} copies the blocks that inodes hold, and ignores wrong checksums, so
 * {@code e2fsck -fn} must find no error first.
 */
public final class FreeBlocks {
    private static final int CHUNK_BYTES = 64 * 1024;
    private static final byte[] ZEROES = new byte[CHUNK_BYTES];
    private static final int MESSAGE_CHARACTERS = 400;
    private static final Duration SILENCE = Duration.ofMinutes(10);

    private final String e2image;

    public FreeBlocks() {
        this("e2image");
    }

    /** @param e2image the name of the program, or its absolute path */
    FreeBlocks(String e2image) {
        this.e2image = e2image;
    }

    /** The programs of e2fsprogs. */
    private record Tools(Path e2fsck, Path e2image) {}

    /** The result of a copy. */
    public sealed interface Result {
        /**
         * The target is complete, but not synced to the disk.
         *
         * @param freeBytes the size of the free blocks, of which nothing was copied
         */
        record Copied(long freeBytes) implements Result {}

        /** The disk has no ext2, ext3 or ext4 file system in a place where one is looked for. */
        record NotExt() implements Result {}

        /**
         * A file system cannot be copied safely.
         *
         * @param why continues a message that begins with the name of the file, and says what to do
         */
        record Refused(String why) implements Result {}

        /**
         * The programs are not installed.
         *
         * @param why how to install them
         */
        record Missing(String why) implements Result {}
    }

    /**
     * Copies a raw disk to a sparse file of the same size, with the same files in its file systems. The source is not changed.
     *
     * @param raw the raw disk
     * @param target does not exist, and exists afterwards only if the result is {@link Result.Copied}
     * @throws NoSpaceException if the disk of the target is full
     * @throws IOException if a file cannot be read or written
     */
    public Result copy(Path raw, Path target) throws IOException, InterruptedException {
        try (FileChannel source = FileChannel.open(raw, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
            List<ExtVolume> volumes = ExtVolume.on(source);
            if (volumes.isEmpty()) {
                return new Result.NotExt();
            }
            Optional<String> objection = objection(volumes);
            if (objection.isPresent()) {
                return new Result.Refused(objection.get());
            }
            Optional<Path> copier = Programs.find(e2image);
            Optional<Path> checker = Programs.find("e2fsck");
            if (copier.isEmpty() || checker.isEmpty()) {
                return new Result.Missing(
                        "e2image and e2fsck are not installed: install e2fsprogs, or set imageferry.drop.drop-free-blocks=false");
            }
            return new Copy(raw.toAbsolutePath(), source, volumes, new Tools(checker.get(), copier.get()))
                    .to(target.toAbsolutePath());
        } catch (ClosedByInterruptException e) {
            throw new InterruptedException("interrupted while copying " + raw.getFileName());
        } catch (NoSpaceException e) {
            throw e;
        } catch (IOException e) {
            throw DiskFull.explains(target, 0, e) ? NoSpaceException.on(target) : e;
        }
    }

    private static Optional<String> objection(List<ExtVolume> volumes) {
        long end = 0;
        for (ExtVolume volume : volumes) {
            String unclean = volume.superblock().uncleanOrNull();
            if (unclean != null) {
                return Optional.of(volume.name() + " is not clean, because " + unclean
                        + ": its free blocks are not known for certain. Run e2fsck -f on the image, and drop it again");
            }
            if (volume.superblock().bytes() > volume.availableBytes()) {
                return Optional.of("%s has %,d bytes, but only %,d are there: copy the image again"
                        .formatted(volume.name(), volume.superblock().bytes(), volume.availableBytes()));
            }
            if (volume.start() < end) {
                return Optional.of(volume.name() + " overlaps another partition: fix the partition table");
            }
            end = volume.end();
        }
        return Optional.empty();
    }

    /** One copy. */
    private record Copy(Path raw, FileChannel source, List<ExtVolume> volumes, Tools tools) {
        Result to(Path target) throws IOException, InterruptedException {
            for (ExtVolume volume : volumes) {
                ToolRun.Result checked = check(volume);
                if (checked.status() != 0) {
                    return new Result.Refused(volume.name() + " has errors (e2fsck -fn ended with " + text(checked)
                            + "): run e2fsck -f on the image, and drop it again");
                }
            }
            Files.createFile(
                    target, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            boolean copied = false;
            try (FileChannel copy = FileChannel.open(target, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                Optional<String> failure = to(target, copy);
                if (failure.isPresent()) {
                    return new Result.Refused(failure.get());
                }
                copied = true;
                return new Result.Copied(volumes.stream()
                        .mapToLong(volume -> volume.superblock().freeBytes())
                        .sum());
            } finally {
                if (!copied) {
                    Files.delete(target);
                }
            }
        }

        /** The name is that of the standard input, because e2fsck reads options after a question mark in a name. */
        private ToolRun.Result check(ExtVolume volume) throws IOException, InterruptedException {
            return run(raw, 0, tools.e2fsck().toString(), "-fn", "/dev/stdin?offset=" + volume.start());
        }

        private static ToolRun.Result run(@Nullable Path input, long fileBytes, String... command)
                throws IOException, InterruptedException {
            return new ToolRun(input, List.of(command), fileBytes, SILENCE)
                    .run(() -> false, output -> {})
                    .orElseThrow(() -> new IOException(
                            command[0] + " made no progress for " + SILENCE.toMinutes() + " minutes and was stopped"));
        }

        /** Copies from the first byte to the last, because e2image cuts the target after the file system that it has written. */
        private Optional<String> to(Path target, FileChannel copy) throws IOException, InterruptedException {
            long position = 0;
            for (ExtVolume volume : volumes) {
                copyRange(source, copy, position, volume.start());
                String offset = Long.toString(volume.start());
                ToolRun.Result ended = run(
                        null,
                        source.size(),
                        tools.e2image().toString(),
                        "-ra",
                        "-o",
                        offset,
                        "-O",
                        offset,
                        raw.toString(),
                        target.toString());
                if (ended.status() != 0 && DiskFull.isSaidBy(ended.output() + ended.errors())) {
                    throw NoSpaceException.on(target);
                }
                if (ended.status() != 0) {
                    return Optional.of(volume.name() + " cannot be copied without its free blocks (e2image ended with "
                            + text(ended) + ")");
                }
                if (!Arrays.equals(superblock(source, volume), superblock(copy, volume))) {
                    return Optional.of(volume.name() + " has another superblock after e2image copied it");
                }
                copyWithoutInode(volume, copy);
                position = volume.end();
            }
            copyRange(source, copy, position, source.size());
            if (copy.size() < source.size()) {
                copy.write(ByteBuffer.allocate(1), source.size() - 1);
            }
            return copy.size() == source.size()
                    ? Optional.empty()
                    : Optional.of("e2image wrote %,d bytes instead of %,d".formatted(copy.size(), source.size()));
        }

        /** Copies the boot sector and the backups of the superblock, which e2image leaves out because no inode holds them. */
        private void copyWithoutInode(ExtVolume volume, FileChannel copy) throws IOException {
            copyRange(source, copy, volume.start(), volume.start() + ExtSuperblock.OFFSET);
            int blockBytes = volume.superblock().blockBytes();
            for (ExtSuperblock.Blocks backup : volume.superblock().backups()) {
                long from = volume.start() + backup.first() * blockBytes;
                copyRange(source, copy, from, from + backup.count() * blockBytes);
            }
        }

        private String text(ToolRun.Result ended) {
            String printed = Stream.concat(
                            ended.output().lines(), ended.errors().lines())
                    .map(line -> Printable.clean(line).strip())
                    .filter(line -> !line.isEmpty())
                    .collect(Collectors.joining("; "));
            String text = ("status " + ended.status() + (printed.isEmpty() ? "" : ": " + printed))
                    .replace(raw.toString(), "the image")
                    .replaceAll("(e2fsck|e2image) \\d[^;]*; |Pass \\d:[^;]*; |/dev/stdin: |\\*{10} WARNING: ", "");
            return text.substring(0, Math.min(MESSAGE_CHARACTERS, text.length()));
        }
    }

    private static byte[] superblock(FileChannel disk, ExtVolume volume) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(ExtSuperblock.BYTES);
        while (bytes.hasRemaining()
                && disk.read(bytes, volume.start() + ExtSuperblock.OFFSET + bytes.position()) >= 0) {}
        return bytes.array();
    }

    /** Copies bytes to the same place, and leaves holes for zeroes. */
    private static void copyRange(FileChannel source, FileChannel copy, long from, long to) throws IOException {
        ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES);
        for (long position = from; position < to; ) {
            chunk.clear().limit((int) Math.min(CHUNK_BYTES, to - position));
            int count = source.read(chunk, position);
            if (count < 0) {
                throw new EOFException("the disk became shorter while it was copied");
            }
            if (!Arrays.equals(chunk.array(), 0, count, ZEROES, 0, count)) {
                chunk.flip();
                long at = position;
                while (chunk.hasRemaining()) {
                    at += copy.write(chunk, at);
                }
            }
            position += count;
        }
    }
}
