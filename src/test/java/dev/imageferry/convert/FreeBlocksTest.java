package dev.imageferry.convert;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.imageferry.RealTools;
import dev.imageferry.convert.FreeBlocks.Result;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Copies of file systems that e2fsprogs made, compared by e2fsprogs. */
class FreeBlocksTest {
    private static final int MEBIBYTE = 1 << 20;
    private static final int DELETED_BYTES = 4 * MEBIBYTE;

    @TempDir
    Path folder;

    private final FreeBlocks freeBlocks = new FreeBlocks();
    private final Random random = new Random(4);
    private Path raw;
    private Path target;

    @BeforeEach
    void useFolder() {
        RealTools.require("mke2fs", "debugfs", "e2fsck", "e2image");
        raw = folder.resolve("disk.raw");
        target = folder.resolve("disk.copy");
    }

    // ---- making file systems

    /** Runs a tool in the folder and returns its output. */
    private String run(int status, String... command) throws IOException {
        List<String> words = new ArrayList<>(List.of(command));
        words.set(0, RealTools.find(command[0]).toString());
        Process process = new ProcessBuilder(words)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), UTF_8);
        try {
            assertThat(process.waitFor()).as("%s: %s", words, output).isEqualTo(status);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        return output;
    }

    private void debugfs(Path disk, String... commands) throws IOException {
        Path script = Files.write(folder.resolve("commands"), List.of(commands));
        String output = run(0, "debugfs", "-w", "-f", script.toString(), disk.toString());
        assertThat(output.lines().filter(line -> !line.matches("|debugfs.*|Allocated.*")))
                .isEmpty();
    }

    private byte[] random(int bytes) {
        byte[] content = new byte[bytes];
        random.nextBytes(content);
        return content;
    }

    /** Files of several kinds and sizes. */
    private Path tree() throws IOException {
        Path tree = folder.resolve("tree");
        if (Files.exists(tree)) {
            return tree;
        }
        Path deep = Files.createDirectories(tree.resolve("usr/share/a folder"));
        Files.write(tree.resolve("vmlinuz"), random(700_000));
        Files.write(deep.resolve("ä file"), random(3 * MEBIBYTE));
        Files.write(deep.resolve("empty"), new byte[0]);
        Files.writeString(tree.resolve("usr/hostname"), "ferry\n");
        Files.createSymbolicLink(tree.resolve("link"), Path.of("usr/hostname"));
        Files.createLink(tree.resolve("hard"), tree.resolve("usr/hostname"));
        try (RandomAccessFile sparse =
                new RandomAccessFile(tree.resolve("sparse").toFile(), "rw")) {
            sparse.seek(5 * MEBIBYTE);
            sparse.write(random(10_000));
        }
        for (int file = 0; file < 40; file++) {
            Files.write(tree.resolve("usr/small-" + file), random(file * 311));
        }
        return tree;
    }

    /** A file system of 40 MiB with files, in which random data was written and deleted. */
    private Path fileSystem(Path disk, String options) throws IOException {
        List<String> command = new ArrayList<>(List.of("mke2fs", "-q", "-F"));
        command.addAll(List.of(options.split(" ")));
        command.addAll(List.of("-d", tree().toString(), disk.toString(), "40M"));
        run(0, command.toArray(String[]::new));
        Files.write(folder.resolve("deleted"), random(DELETED_BYTES));
        debugfs(disk, "write deleted deleted", "rm deleted");
        run(0, "e2fsck", "-fn", disk.toString());
        return disk;
    }

    // ---- comparing them

    private Map<String, String> hashes(Path disk) throws IOException {
        Path files = Files.createTempDirectory(folder, "files");
        run(0, "debugfs", "-R", "rdump / " + files, disk.toString());
        Map<String, String> hashes = new TreeMap<>();
        try (Stream<Path> walk = Files.walk(files)) {
            walk.filter(file -> !file.equals(files))
                    .forEach(file -> hashes.put(files.relativize(file).toString(), hash(file)));
        }
        assertThat(hashes).hasSizeGreaterThan(48);
        return hashes;
    }

    private static String hash(Path file) {
        try {
            if (Files.isSymbolicLink(file)) {
                return "-> " + Files.readSymbolicLink(file);
            }
            return Files.isDirectory(file)
                    ? "folder"
                    : HexFormat.of()
                            .formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static long gzipBytes(Path file) throws IOException {
        AtomicLong bytes = new AtomicLong();
        OutputStream counter = new OutputStream() {
            @Override
            public void write(int single) {
                bytes.incrementAndGet();
            }

            @Override
            public void write(byte[] buffer, int from, int length) {
                bytes.addAndGet(length);
            }
        };
        try (OutputStream gzip = new GZIPOutputStream(new BufferedOutputStream(counter)) {
            {
                def.setLevel(Deflater.BEST_SPEED);
            }
        }) {
            Files.copy(file, gzip);
        }
        return bytes.get();
    }

    private void assertCopied(Path disk) throws IOException, InterruptedException {
        String before = hash(disk);

        Result result = freeBlocks.copy(disk, target);

        assertThat(result).isInstanceOf(Result.Copied.class);
        assertThat(hash(disk)).as("the source").isEqualTo(before);
        assertThat(Files.size(target)).isEqualTo(Files.size(disk));
        assertThat(gzipBytes(target)).isLessThan(gzipBytes(disk) - DELETED_BYTES + MEBIBYTE / 2);
    }

    private void assertRefused(String why) throws IOException, InterruptedException {
        assertThat(freeBlocks.copy(raw, target))
                .isInstanceOfSatisfying(
                        Result.Refused.class,
                        refused -> assertThat(refused.why()).contains(why).doesNotContain(folder.toString()));
        assertNothingLeft();
    }

    private void assertNothingLeft() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .noneMatch(name -> name.startsWith(target.getFileName().toString()));
        }
    }

    // ---- tests

    @ParameterizedTest
    @ValueSource(strings = {"-t ext2 -b 1024", "-t ext3 -b 4096 -g 2048", "-t ext4 -b 4096 -O bigalloc -C 16384"})
    void the_copy_has_the_same_files_and_is_smaller(String options) throws Exception {
        assertCopyHasTheSameFiles(options);
    }

    @Tag("exhaustive")
    @ParameterizedTest
    @ValueSource(
            strings = {
                "-t ext2 -b 4096 -g 2048",
                "-t ext3 -b 1024",
                "-t ext4 -b 1024",
                "-t ext4 -b 4096 -g 2048",
                "-t ext4 -b 4096 -g 2048 -O 64bit",
                "-t ext4 -b 1024 -O ^64bit,^metadata_csum",
                "-t ext4 -b 1024 -O ^metadata_csum,uninit_bg",
                "-t ext4 -b 1024 -O sparse_super2",
                "-t ext4 -b 1024 -O ^sparse_super,^resize_inode",
                "-t ext4 -b 1024 -O meta_bg,^resize_inode -g 256",
                "-t ext4 -b 1024 -O metadata_csum,metadata_csum_seed",
                "-t ext4 -b 4096 -O inline_data,ea_inode,large_dir,project -I 256",
                "-t ext4 -b 4096 -O ^has_journal,^extent,^flex_bg,^64bit -g 2048"
            })
    void the_copy_has_the_same_files_with_other_features(String options) throws Exception {
        assertCopyHasTheSameFiles(options);
    }

    private void assertCopyHasTheSameFiles(String options) throws Exception {
        fileSystem(raw, options);

        assertCopied(raw);

        run(0, "e2fsck", "-fn", target.toString());
        assertThat(hashes(target)).isEqualTo(hashes(raw));
    }

    @ParameterizedTest
    @ValueSource(strings = {"-t ext4 -b 1024", "-t ext4 -b 1024 -O meta_bg,^resize_inode,^sparse_super -g 256"})
    void the_backups_of_superblock_and_descriptors_are_kept(String options) throws Exception {
        assertBackupsAreKept(options);
    }

    @Tag("exhaustive")
    @ParameterizedTest
    @ValueSource(
            strings = {
                "-t ext2 -b 4096 -g 2048",
                "-t ext4 -b 1024 -O sparse_super2",
                "-t ext4 -b 1024 -O ^sparse_super,^resize_inode",
                "-t ext4 -b 1024 -O meta_bg,^resize_inode -g 256",
                "-t ext4 -b 4096 -g 2048 -O 64bit"
            })
    void the_backups_are_kept_with_other_features(String options) throws Exception {
        assertBackupsAreKept(options);
    }

    private void assertBackupsAreKept(String options) throws Exception {
        fileSystem(raw, options);

        assertCopied(raw);

        Matcher backups = Pattern.compile("(?:Backup superblock|Group descriptors?) at (\\d+)(?:-(\\d+))?")
                .matcher(run(0, "dumpe2fs", raw.toString()));
        int blockBytes = options.contains("-b 1024") ? 1024 : 4096;
        byte[] source = Files.readAllBytes(raw);
        byte[] copy = Files.readAllBytes(target);
        int found = 0;
        while (backups.find()) {
            int from = Integer.parseInt(backups.group(1)) * blockBytes;
            int to = (Integer.parseInt(backups.group(backups.group(2) == null ? 1 : 2)) + 1) * blockBytes;
            assertThat(Arrays.copyOfRange(copy, from, to))
                    .as(backups.group())
                    .isEqualTo(Arrays.copyOfRange(source, from, to))
                    .isNotEqualTo(new byte[to - from]);
            found++;
        }
        assertThat(found).isGreaterThan(2);
    }

    @Test
    void the_copy_can_be_repaired_from_a_backup_of_the_superblock() throws Exception {
        fileSystem(raw, "-t ext4 -b 1024");
        assertCopied(raw);
        Map<String, String> before = hashes(target);
        try (RandomAccessFile disk = new RandomAccessFile(target.toFile(), "rw")) {
            disk.seek(1024);
            disk.write(new byte[1024]);
        }

        run(1, "e2fsck", "-fy", "-b", "8193", "-B", "1024", target.toString());

        assertThat(hashes(target)).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(ints = {1024, 4096})
    void bytes_outside_the_file_system_are_kept(int blockBytes) throws Exception {
        fileSystem(raw, "-t ext4 -b " + blockBytes);
        byte[] boot = random(1024);
        byte[] tail = random(100_000);
        try (RandomAccessFile disk = new RandomAccessFile(raw.toFile(), "rw")) {
            disk.write(boot);
            disk.seek(45 * MEBIBYTE);
            disk.write(tail);
            disk.setLength(50 * MEBIBYTE + 3);
        }

        assertCopied(raw);

        try (RandomAccessFile disk = new RandomAccessFile(target.toFile(), "r")) {
            byte[] bytes = new byte[boot.length];
            disk.readFully(bytes);
            assertThat(bytes).isEqualTo(boot);
            bytes = new byte[tail.length];
            disk.seek(45 * MEBIBYTE);
            disk.readFully(bytes);
            assertThat(bytes).isEqualTo(tail);
        }
        run(0, "e2fsck", "-fn", target.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt", "dos"})
    void partitions_are_copied_one_by_one(String table) throws Exception {
        RealTools.require("sfdisk");
        Path first = fileSystem(folder.resolve("first"), "-t ext4 -b 4096");
        Path second = fileSystem(folder.resolve("second"), "-t ext2 -b 1024");
        byte[] other = random(3 * MEBIBYTE);
        try (RandomAccessFile disk = new RandomAccessFile(raw.toFile(), "rw")) {
            disk.setLength(100 * MEBIBYTE);
        }
        Files.write(
                folder.resolve("table"),
                List.of(
                        "label: " + table,
                        "start=2048, size=83968",
                        "start=88064, size=8192",
                        "start=98304, size=102400"));
        run(0, "sh", "-c", "sfdisk -q disk.raw < table");
        try (RandomAccessFile disk = new RandomAccessFile(raw.toFile(), "rw")) {
            disk.seek(MEBIBYTE);
            disk.write(Files.readAllBytes(first));
            disk.seek(43 * MEBIBYTE);
            disk.write(other);
            disk.seek(48 * MEBIBYTE);
            disk.write(Files.readAllBytes(second));
        }

        assertCopied(raw);

        byte[] source = Files.readAllBytes(raw);
        byte[] copy = Files.readAllBytes(target);
        assertThat(Arrays.equals(source, 0, MEBIBYTE, copy, 0, MEBIBYTE)).isTrue();
        assertThat(Arrays.equals(source, 41 * MEBIBYTE, 48 * MEBIBYTE, copy, 41 * MEBIBYTE, 48 * MEBIBYTE))
                .isTrue();
        assertThat(Arrays.equals(source, 88 * MEBIBYTE, source.length, copy, 88 * MEBIBYTE, copy.length))
                .isTrue();
        Files.write(folder.resolve("copy-1"), Arrays.copyOfRange(copy, MEBIBYTE, 41 * MEBIBYTE));
        Files.write(folder.resolve("copy-2"), Arrays.copyOfRange(copy, 48 * MEBIBYTE, 88 * MEBIBYTE));
        run(0, "e2fsck", "-fn", "copy-1");
        run(0, "e2fsck", "-fn", "copy-2");
        assertThat(hashes(folder.resolve("copy-1"))).isEqualTo(hashes(first));
        assertThat(hashes(folder.resolve("copy-2"))).isEqualTo(hashes(second));
        assertThat(gzipBytes(target)).isLessThan(gzipBytes(raw) - 2 * DELETED_BYTES + MEBIBYTE);
    }

    @Test
    void overlapping_partitions_are_refused() throws Exception {
        fileSystem(raw, "-t ext4 -b 4096");
        byte[] one = Files.readAllBytes(raw);
        ByteBuffer table = ByteBuffer.allocate(512).order(ByteOrder.LITTLE_ENDIAN);
        for (int partition = 0; partition < 2; partition++) {
            table.put(446 + 16 * partition + 4, (byte) 0x83);
            table.putInt(446 + 16 * partition + 8, 2048 + 2048 * partition);
            table.putInt(446 + 16 * partition + 12, 41 * 2048);
        }
        table.putShort(510, (short) 0xaa55);
        try (RandomAccessFile disk = new RandomAccessFile(raw.toFile(), "rw")) {
            disk.setLength(50 * MEBIBYTE);
            disk.seek(MEBIBYTE);
            disk.write(one);
            disk.seek(2 * MEBIBYTE);
            disk.write(one, 0, 4096);
            disk.seek(0);
            disk.write(table.array());
            disk.write(new byte[2048]);
        }

        assertRefused("the file system in partition 2 overlaps another partition");
    }

    @Test
    void a_journal_that_was_not_replayed_is_refused() throws Exception {
        fileSystem(raw, "-t ext4 -b 1024");
        Files.write(folder.resolve("block"), random(1024));
        run(
                0,
                "debugfs",
                "-w",
                "-f",
                Files.write(folder.resolve("commands"), List.of("jo", "jw -b 9000 block", "jc"))
                        .toString(),
                raw.toString());

        assertRefused("is not clean, because its journal has not been replayed");
    }

    @ParameterizedTest
    @CsvSource({
        "state 0, it was not unmounted cleanly",
        "state 3, it is marked as damaged",
        "last_orphan 20, it has files that were deleted while they were open"
    })
    void a_file_system_that_is_not_clean_is_refused(String value, String why) throws Exception {
        fileSystem(raw, "-t ext4 -b 1024");
        debugfs(raw, "ssv " + value);

        assertRefused(why);
    }

    @Test
    void a_damaged_superblock_is_refused() throws Exception {
        fileSystem(raw, "-t ext4 -b 1024 -O metadata_csum");
        flip(1024 + 0x78);

        assertRefused("the file system has errors (e2fsck -fn ended with status");
    }

    @ParameterizedTest
    @ValueSource(strings = {"Block bitmap", "Inode bitmap", "Inode table"})
    void damaged_bitmaps_and_inodes_are_refused(String what) throws Exception {
        fileSystem(raw, "-t ext4 -b 1024 -O metadata_csum");
        String block = run(0, "dumpe2fs", raw.toString())
                .lines()
                .filter(line -> line.contains(what + " at "))
                .findFirst()
                .orElseThrow()
                .replaceFirst(".*" + what + " at (\\d+).*", "$1");
        flip(Long.parseLong(block) * 1024 + (what.equals("Inode table") ? 256 : 1));
        run(4, "e2fsck", "-fn", raw.toString());

        assertRefused("the file system has errors (e2fsck -fn ended with status 4: ");
    }

    private void flip(long offset) throws IOException {
        try (RandomAccessFile disk = new RandomAccessFile(raw.toFile(), "rw")) {
            disk.seek(offset);
            int before = disk.read();
            disk.seek(offset);
            disk.write(before ^ 0x10);
        }
    }

    @Test
    void a_cut_file_is_refused() throws Exception {
        fileSystem(raw, "-t ext4 -b 4096");
        try (RandomAccessFile disk = new RandomAccessFile(raw.toFile(), "rw")) {
            disk.setLength(39 * MEBIBYTE);
        }

        assertRefused("the file system has 41,943,040 bytes, but only 40,894,464 are there");
    }

    @ParameterizedTest
    @ValueSource(strings = {"zeroes", "no magic", "journal device", "nothing"})
    void other_content_is_no_ext_file_system(String what) throws Exception {
        fileSystem(raw, "-t ext4");
        switch (what) {
            case "journal device" -> run(0, "mke2fs", "-q", "-F", "-O", "journal_dev", raw.toString());
            case "zeroes" -> Files.write(raw, new byte[MEBIBYTE]);
            case "no magic" -> flip(1024 + 0x38);
            case "nothing" -> Files.write(raw, new byte[0]);
            default -> {}
        }

        assertThat(freeBlocks.copy(raw, target)).isEqualTo(new Result.NotExt());
        assertNothingLeft();
    }

    @Test
    void a_missing_program_is_reported() throws Exception {
        fileSystem(raw, "-t ext4");

        assertThat(new FreeBlocks("e2image-is-not-here").copy(raw, target))
                .isInstanceOfSatisfying(
                        Result.Missing.class,
                        missing -> assertThat(missing.why()).contains("install e2fsprogs"));
        assertNothingLeft();
    }

    @Test
    void an_existing_target_is_not_overwritten() throws Exception {
        fileSystem(raw, "-t ext4");
        Files.writeString(target, "mine");

        assertThatThrownBy(() -> freeBlocks.copy(raw, target)).isInstanceOf(FileAlreadyExistsException.class);
        assertThat(target).hasContent("mine");
    }

    @ParameterizedTest
    @ValueSource(strings = {"what?offset=1024.raw", "a b;c$(d)ä\n.raw"})
    void any_file_name_can_be_copied(String name) throws Exception {
        Path disk = Files.move(fileSystem(raw, "-t ext4"), folder.resolve(name));
        target = folder.resolve(name + ".copy");

        assertCopied(disk);

        run(0, "e2fsck", "-fn", Files.move(target, folder.resolve("plain")).toString());
    }

    @Test
    @Timeout(60)
    void an_interruption_kills_the_program_and_leaves_nothing() throws Exception {
        fileSystem(raw, "-t ext4");
        Path started = folder.resolve("started");
        Path slow = Files.createFile(
                folder.resolve("slow-e2image"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Files.writeString(
                slow,
                "#!/bin/sh\n" + RealTools.find("e2image") + " \"$@\"\necho $$ > " + started + ".part\nmv " + started
                        + ".part " + started + "\nexec sleep 600\n");
        CompletableFuture<Result> result = new CompletableFuture<>();
        Thread caller = Thread.ofPlatform().start(() -> {
            try {
                result.complete(new FreeBlocks(slow.toString()).copy(raw, target));
            } catch (IOException | InterruptedException e) {
                result.completeExceptionally(e);
            }
        });
        while (!Files.exists(started)) {
            Thread.sleep(5);
        }
        assertThat(target).exists();

        caller.interrupt();

        assertThatThrownBy(() -> result.get(30, TimeUnit.SECONDS)).hasCauseInstanceOf(InterruptedException.class);
        assertNothingLeft();
        assertThat(ProcessHandle.of(Long.parseLong(Files.readString(started).strip())))
                .isEmpty();
    }

    @Test
    void a_program_that_fails_leaves_nothing() throws Exception {
        fileSystem(raw, "-t ext4");
        Path failing = Files.createFile(
                folder.resolve("failing-e2image"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Files.writeString(failing, "#!/bin/sh\necho x > \"$7\"\nenv >&2\nexit 3\n");

        assertThat(new FreeBlocks(failing.toString()).copy(raw, target))
                .isInstanceOfSatisfying(
                        Result.Refused.class,
                        refused -> assertThat(refused.why())
                                .contains("ended with status 3: ", "LC_ALL=C")
                                .doesNotContain("HOME=", "USER="));
        assertNothingLeft();
    }

    @Test
    @Tag("exhaustive")
    void two_gigabytes_of_deleted_data_are_left_out() throws Exception {
        run(0, "sh", "-c", "head -c 2000000000 /dev/urandom > junk");
        run(0, "mke2fs", "-q", "-F", "-t", "ext4", "-d", tree().toString(), raw.toString(), "3G");
        debugfs(raw, "write junk junk", "rm junk");
        Files.delete(folder.resolve("junk"));

        assertThat(freeBlocks.copy(raw, target)).isInstanceOf(Result.Copied.class);

        assertThat(gzipBytes(raw)).isGreaterThan(2_000_000_000L);
        // the files, and 3 GB of zeroes, of which gzip makes a thousandth
        assertThat(gzipBytes(target)).isLessThan(30_000_000L);
        run(0, "e2fsck", "-fn", target.toString());
        assertThat(hashes(target)).isEqualTo(hashes(raw));
    }
}
