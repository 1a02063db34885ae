package dev.imageferry.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * What processes have used so far, from {@code /proc}.
 *
 * @param cpuSeconds user and system time, including that of processes that have ended
 * @param residentBytes memory in RAM. Memory that several processes share is divided among them (PSS)
 */
public record ProcessUse(double cpuSeconds, long residentBytes) {
    /** {@code USER_HZ}, which is 100 on Linux on every usual architecture. */
    private static final double TICKS_PER_SECOND = 100;

    /** The position of {@code utime} in {@code /proc/PID/stat} after the name of the command (proc(5): field 14). */
    private static final int UTIME = 11;

    /** The process without its children. */
    public static ProcessUse of(ProcessHandle process) {
        return new ProcessUse(ticks(process, false) / TICKS_PER_SECOND, residentBytes(process));
    }

    /** The process and its descendants. */
    public static ProcessUse ofTree(ProcessHandle root) {
        List<ProcessHandle> descendants = root.descendants().toList();
        return new ProcessUse(
                (ticks(root, true)
                                + descendants.stream()
                                        .mapToLong(each -> ticks(each, true))
                                        .sum())
                        / TICKS_PER_SECOND,
                Stream.concat(Stream.of(root), descendants.stream())
                        .mapToLong(ProcessUse::residentBytes)
                        .sum());
    }

    /** CPU seconds since an earlier moment. */
    public double cpuSecondsSince(ProcessUse earlier) {
        return cpuSeconds - earlier.cpuSeconds();
    }

    public double residentMegabytes() {
        return residentBytes / 1e6;
    }

    /** @param withEnded adds the times of children that have ended and were waited for */
    private static long ticks(ProcessHandle process, boolean withEnded) {
        String stat = read(process, "stat");
        if (stat.isEmpty()) {
            return 0;
        }
        // the name of the command is in parentheses and can contain spaces
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        long own = Long.parseLong(fields[UTIME]) + Long.parseLong(fields[UTIME + 1]);
        return withEnded ? own + Long.parseLong(fields[UTIME + 2]) + Long.parseLong(fields[UTIME + 3]) : own;
    }

    private static long residentBytes(ProcessHandle process) {
        return read(process, "smaps_rollup")
                        .lines()
                        .filter(line -> line.startsWith("Pss:"))
                        .map(line -> line.replaceAll("\\D", ""))
                        .mapToLong(Long::parseLong)
                        .sum()
                * 1024;
    }

    /** Returns a file of the process; empty if the process has ended. */
    private static String read(ProcessHandle process, String file) {
        Path path = Path.of("/proc", Long.toString(process.pid()), file);
        try {
            return Files.readString(path);
        } catch (NoSuchFileException e) {
            return "";
        } catch (IOException e) {
            if (process.isAlive()) {
                throw new UncheckedIOException(e);
            }
            return "";
        }
    }
}
