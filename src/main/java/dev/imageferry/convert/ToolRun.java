package dev.imageferry.convert;

import dev.imageferry.image.Printable;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One run of a program on files that are not trusted: with limits for memory and files, a clean environment, and an end, if it makes
 * no progress. When the run ends in any way, the program and its children are gone.
 *
 * @param inputOrNull its standard input; null for none
 * @param command the program, by its path, and its arguments
 * @param fileBytes the largest file that it may write
 * @param silence how long it may print nothing
 */
record ToolRun(@Nullable Path inputOrNull, List<String> command, long fileBytes, Duration silence) {
    /** QEMU needs some 300 MiB of address space, and a stack for each thread. */
    private static final long ADDRESS_SPACE_BYTES = 2L << 30;

    private static final int KEPT_CHARACTERS = 16 * 1024;
    private static final int SHOWN_LINES = 3;
    private static final Duration POLL = Duration.ofMillis(50);
    private static final Map<String, String> ENVIRONMENT =
            Map.of("LC_ALL", "C", "PATH", "/usr/bin:/bin", "MALLOC_ARENA_MAX", "2");

    /**
     * What a program printed.
     *
     * @param status its exit status
     * @param output the last 16 KiB of its standard output
     * @param errors the same of its standard error
     */
    record Result(int status, String output, String errors) {
        /** The last lines of its errors without control characters. */
        String shownErrors() {
            List<String> lines = errors.lines()
                    .map(line -> Printable.clean(line).strip())
                    .filter(line -> !line.isEmpty())
                    .toList();
            String shown =
                    lines.stream().skip(Math.max(0, lines.size() - SHOWN_LINES)).collect(Collectors.joining("; "));
            return shown.isEmpty() ? "it printed no reason" : shown;
        }
    }

    /** Work that the calling thread does while the program runs. */
    @FunctionalInterface
    interface Meanwhile {
        /** Does a small part of it. Returns false when nothing is left. */
        boolean step() throws IOException;
    }

    /**
     * Runs the program to its end.
     *
     * @param output receives what it prints to its standard output, in pieces
     * @return the result; empty if it was killed because it had printed nothing for too long
     * @throws IOException if it cannot be started, or the other work fails
     */
    Optional<Result> run(Meanwhile meanwhile, Consumer<String> output) throws IOException, InterruptedException {
        ProcessBuilder builder =
                new ProcessBuilder(limited()).directory(Path.of("/").toFile());
        builder.environment().clear();
        builder.environment().putAll(ENVIRONMENT);
        builder.redirectInput(
                inputOrNull == null ? Redirect.from(new File("/dev/null")) : Redirect.from(inputOrNull.toFile()));
        Process process = builder.start();
        try {
            return await(process, meanwhile, output);
        } finally {
            kill(process);
        }
    }

    private List<String> limited() {
        List<String> limited = new ArrayList<>();
        Programs.find("prlimit")
                .ifPresent(prlimit -> limited.addAll(List.of(
                        prlimit.toString(), "--as=" + ADDRESS_SPACE_BYTES, "--fsize=" + fileBytes, "--core=0", "--")));
        limited.addAll(command);
        return limited;
    }

    private Optional<Result> await(Process process, Meanwhile meanwhile, Consumer<String> output)
            throws IOException, InterruptedException {
        StringBuilder printed = new StringBuilder();
        StringBuilder errors = new StringBuilder();
        long lastSign = System.nanoTime();
        boolean working = true;
        boolean ended = false;
        while (!ended) {
            working = working && meanwhile.step();
            ended = process.waitFor(working ? 0 : POLL.toMillis(), TimeUnit.MILLISECONDS);
            String piece = available(process.getInputStream());
            String error = available(process.getErrorStream());
            keep(printed, piece);
            keep(errors, error);
            if (!piece.isEmpty()) {
                output.accept(piece);
            }
            if (!piece.isEmpty() || !error.isEmpty()) {
                lastSign = System.nanoTime();
            } else if (!ended && System.nanoTime() - lastSign > silence.toNanos()) {
                return Optional.empty();
            }
        }
        return Optional.of(new Result(process.exitValue(), printed.toString(), errors.toString()));
    }

    /** What can be read now. The streams are not read to their end, because a child of the program could keep them open. */
    private static String available(InputStream stream) throws IOException {
        StringBuilder text = new StringBuilder();
        for (int count = stream.available(); count > 0; count = stream.available()) {
            text.append(new String(stream.readNBytes(count), StandardCharsets.UTF_8));
        }
        return text.toString();
    }

    private static void keep(StringBuilder all, String piece) {
        all.append(piece);
        if (all.length() > KEPT_CHARACTERS) {
            all.delete(0, all.length() - KEPT_CHARACTERS);
        }
    }

    private static void kill(Process process) {
        List<ProcessHandle> children = process.descendants().toList();
        process.destroyForcibly();
        children.forEach(ProcessHandle::destroyForcibly);
        process.onExit().join();
        children.forEach(child -> child.onExit().join());
    }
}
