package dev.imageferry;

import static org.junit.jupiter.api.Assertions.fail;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** The programs that make real disk images. Missing on a laptop: the test is skipped; missing in CI: it fails. */
public final class RealTools {
    /** Where administration programs live, which is not in every user's PATH. */
    public static final List<String> FURTHER_FOLDERS =
            Stream.concat(Stream.of("/usr/sbin", "/sbin"), postgresFolders()).toList();

    private static final Map<String, String> DEBIAN_PACKAGES = Map.ofEntries(
            Map.entry("amtool", "prometheus-alertmanager"),
            Map.entry("blkid", "util-linux"),
            Map.entry("chromium", "chromium"),
            Map.entry("cryptsetup", "cryptsetup-bin"),
            Map.entry("genisoimage", "genisoimage"),
            Map.entry("mkfs.btrfs", "btrfs-progs"),
            Map.entry("mkfs.exfat", "exfatprogs"),
            Map.entry("mkfs.erofs", "erofs-utils"),
            Map.entry("mke2fs", "e2fsprogs"),
            Map.entry("mkfs.ext2", "e2fsprogs"),
            Map.entry("mkfs.ext3", "e2fsprogs"),
            Map.entry("mkfs.ext4", "e2fsprogs"),
            Map.entry("mkfs.f2fs", "f2fs-tools"),
            Map.entry("mkfs.nilfs2", "nilfs-tools"),
            Map.entry("mkfs.ntfs", "ntfs-3g"),
            Map.entry("mkfs.vfat", "dosfstools"),
            Map.entry("mkfs.xfs", "xfsprogs"),
            Map.entry("mksquashfs", "squashfs-tools"),
            Map.entry("mkswap", "util-linux"),
            Map.entry("initdb", "postgresql"),
            Map.entry("pg_basebackup", "postgresql"),
            Map.entry("pg_ctl", "postgresql"),
            Map.entry("pg_rewind", "postgresql"),
            Map.entry("pgbench", "postgresql"),
            Map.entry("pgbouncer", "pgbouncer"),
            Map.entry("psql", "postgresql"),
            Map.entry("script", "bsdutils"),
            Map.entry("ntfsclone", "ntfs-3g"),
            Map.entry("partclone.ext4", "partclone"),
            Map.entry("partclone.restore", "partclone"),
            Map.entry("prometheus", "prometheus"),
            Map.entry("prlimit", "util-linux"),
            Map.entry("promtool", "prometheus"),
            Map.entry("qemu-img", "qemu-utils"),
            Map.entry("sfdisk", "fdisk"),
            Map.entry("sgdisk", "gdisk"),
            Map.entry("wimcapture", "wimtools"),
            Map.entry("xargs", "findutils"),
            Map.entry("xz", "xz-utils"),
            Map.entry("zstd", "zstd"));

    private RealTools() {}

    /** Skips the test when a command is missing, or fails it where {@code CI} or {@code IMAGEFERRY_CI} is set. */
    public static void require(String... commands) {
        for (String command : commands) {
            require(isInstalled(command), command, DEBIAN_PACKAGES.getOrDefault(command, command));
        }
    }

    /** As {@link #require(String...)}, for something that is not a command. */
    public static void require(boolean installed, String what, String debianPackage) {
        if (!installed) {
            String reason = "%s is not installed: apt-get install %s".formatted(what, debianPackage);
            if (isSet("CI") || isSet("IMAGEFERRY_CI")) {
                fail(reason);
            }
            Assumptions.abort(reason);
        }
    }

    /** Where a command is; skips the test, or fails it, as {@link #require} does. */
    public static Path find(String command) {
        require(command);
        return places(command).findFirst().orElseThrow();
    }

    /** Debian puts no server program of PostgreSQL into any PATH: one folder a version, the newest first. */
    private static Stream<String> postgresFolders() {
        String[] versions = new File("/usr/lib/postgresql").list();
        return versions == null
                ? Stream.of()
                : Arrays.stream(versions)
                        .sorted(Comparator.comparingInt((String version) -> Integer.parseInt(version))
                                .reversed())
                        .map(version -> "/usr/lib/postgresql/" + version + "/bin");
    }

    /** Whether a command is in the PATH or where administration programs live. */
    public static boolean isInstalled(String command) {
        return places(command).findFirst().isPresent();
    }

    private static Stream<Path> places(String command) {
        String path = System.getenv().getOrDefault("PATH", "");
        return Stream.concat(Arrays.stream(path.split(File.pathSeparator, -1)), FURTHER_FOLDERS.stream())
                .filter(folder -> !folder.isEmpty())
                .map(folder -> Path.of(folder, command))
                .filter(Files::isExecutable);
    }

    private static boolean isSet(String variable) {
        return !System.getenv().getOrDefault(variable, "").isEmpty();
    }
}
