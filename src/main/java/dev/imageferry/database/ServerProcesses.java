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
 * Which processes serve a data directory. A server's processes have it as their working directory, so {@code /proc/<pid>/cwd} tells
 * them from a process that only got the same number after a reboot, and a zombie (no {@code cwd}) from a living one: where the JVM
 * is process 1 of a container, a killed postmaster stays a zombie, and {@code kill(pid, 0)}, with which PostgreSQL looks, takes it
 * for alive. Where there is no {@code /proc} (macOS) the number in {@code postmaster.pid} has to do, with the program's name.
 */
record ServerProcesses(Path data) {
    private static final Path PROC = Path.of("/proc");

    /** The postmaster that the pid file names, when it lives and serves this directory. */
    OptionalLong postmaster() throws IOException {
        Path pidFile = pidFile();
        if (!Files.exists(pidFile)) {
            return OptionalLong.empty();
        }
        // eight lines, the first is the number; written by the server in one go, but maybe empty after a power cut
        Optional<String> first =
                Files.readString(pidFile, StandardCharsets.UTF_8).lines().findFirst();
        if (first.isEmpty() || !first.get().strip().matches("\\d{1,10}")) {
            return OptionalLong.empty();
        }
        long pid = Long.parseLong(first.get().strip());
        return serves(pid) ? OptionalLong.of(pid) : OptionalLong.empty();
    }

    /** All processes of servers of this directory, also those that outlived their postmaster. */
    List<Long> all() throws IOException {
        if (!hasProc()) {
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

    private boolean serves(long pid) {
        if (!hasProc()) {
            return ProcessHandle.of(pid)
                    .filter(ProcessHandle::isAlive)
                    .flatMap(process -> process.info().command())
                    .filter(command -> command.endsWith("/postgres"))
                    .isPresent();
        }
        try {
            return Files.readSymbolicLink(PROC.resolve(pid + "/cwd")).equals(data);
        } catch (IOException e) {
            // gone meanwhile, a zombie, or another user's: none of our server's processes
            return false;
        }
    }

    private static boolean hasProc() {
        return Files.isDirectory(PROC.resolve("self"));
    }
}
