package dev.imageferry.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.RealTools;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;

/** Makes a raw disk with the content of a real system. */
public final class LibraryDisk {
    private static final int LEAST_COPIED_BYTES = 128 * 1024;

    private LibraryDisk() {}

    /** An ext4 file system with the programs and libraries of this machine, three quarters full. */
    public static void make(Path disk, int megabytes) throws IOException, InterruptedException {
        Path tree = Files.createTempDirectory(disk.toAbsolutePath().getParent(), "usr");
        copyUpTo((((long) megabytes) << 20) / 4 * 3, tree);
        Process mkfs = new ProcessBuilder(
                        RealTools.find("mkfs.ext4").toString(),
                        "-q",
                        "-F",
                        "-d",
                        tree.toString(),
                        disk.toString(),
                        megabytes + "M")
                .inheritIO()
                .start();
        assertThat(mkfs.waitFor()).as("mkfs.ext4").isZero();
    }

    private static void copyUpTo(long bytes, Path tree) throws IOException {
        Files.walkFileTree(Path.of("/usr/lib"), new SimpleFileVisitor<>() {
            private long left = bytes;
            private int copied;

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                if (attributes.isRegularFile() && attributes.size() <= left && Files.isReadable(file)) {
                    Files.copy(file, tree.resolve(copied++ + "-" + file.getFileName()));
                    left -= attributes.size();
                }
                return left < LEAST_COPIED_BYTES ? FileVisitResult.TERMINATE : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) {
                // a folder that only root can read is left out
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
