package dev.imageferry.database;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * Finds the PostgreSQL processes of a data directory. They have it as their working directory, so {@code /proc/<pid>/cwd}
 * distinguishes them from a process that got the same pid after a reboot, and from a zombie, which has no {@code cwd}. (If the
 * JVM is process 1 of a container, a killed postmaster stays a zombie, which the check of PostgreSQL itself considers alive.)
 * Without {@code /proc} (macOS), the pid in {@code postmaster.pid} and the name of the program are used.
 */
record ServerProcesses(Path data) {
    private static final Path PROC = Path.of("/proc");
    private static final boolean HAS_PROC = Files.isDirectory(PROC.resolve("self"));

    /** The running postmaster of this directory. */
    OptionalLong postmaster() throws IOException {
        Path pidFile = pidFile();
        if (!Files.exists(pidFile)) {
            return OptionalLong.empty();
        }
        // the first line is the pid; the file can be empty after a power failure
        Optional<String> first =
                Files.readString(pidFile, StandardCharsets.UTF_8).lines().findFirst();
        if (first.isEmpty() || !first.get().strip().matches("\\d{1,10}")) {
            return OptionalLong.empty();
        }
        long pid = Long.parseLong(first.get().strip());
        return serves(pid) ? OptionalLong.of(pid) : OptionalLong.empty();
    }

    /** All server processes of this directory, including those without a postmaster. */
    List<Long> all() throws IOException {
        if (!HAS_PROC) {
            return postmaster().stream().boxed().toList();
        }
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROC, "[0-9]*")) {
            return numbers(processes).filter(this::serves).toList();
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
    }

    Path pidFile() {
        return data.resolve("postmaster.pid");
    }

    private static Stream<Long> numbers(DirectoryStream<Path> processes) {
        return StreamSupport.stream(processes.spliterator(), false)
                .map(process -> Long.valueOf(process.getFileName().toString()));
    }

    /** Whether the process runs and is a server process of this directory. */
    boolean serves(long pid) {
        if (pid < 0) {
            return false;
        }
        if (!HAS_PROC) {
            return ProcessHandle.of(pid)
                    .filter(ProcessHandle::isAlive)
                    .flatMap(process -> process.info().command())
                    .filter(command -> command.endsWith("/postgres"))
                    .isPresent();
        }
        try {
            return Files.readSymbolicLink(PROC.resolve(pid + "/cwd")).equals(data);
        } catch (IOException e) {
            // ended, a zombie, or the process of another user
            return false;
        }
    }
}
