package dev.imageferry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.whole.QuickJvm;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The packaged jar as a process in a directory of its own, with an environment that holds nothing of this one's that could be a
 * setting.
 *
 * @param process the JVM
 * @param output what it wrote to its standard output and error, together
 */
record JarProcess(Process process, Path output) implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofMinutes(2);

    /** Starts the jar; {@code options} stand before {@code -jar}, {@code arguments} behind it. */
    static JarProcess start(
            Path workingDirectory, Map<String, String> environment, List<String> options, String... arguments)
            throws IOException {
        List<String> command = new ArrayList<>(QuickJvm.command());
        command.addAll(options);
        command.addAll(List.of("-jar", System.getProperty("imageferry.jar")));
        command.addAll(List.of(arguments));
        Path output = Files.createTempFile(workingDirectory, "output", ".log");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(workingDirectory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment()
                .keySet()
                .removeIf(name ->
                        name.startsWith("IMAGEFERRY_") || name.startsWith("LINODE_") || name.startsWith("QUARKUS_"));
        builder.environment().putAll(environment);
        return new JarProcess(builder.start(), output);
    }

    /** Returns the first line that contains the text, waiting for it. */
    String awaitLine(String text) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (true) {
            boolean alive = process.isAlive();
            String all = text();
            for (String line : all.lines().toList()) {
                if (line.contains(text)) {
                    return line;
                }
            }
            assertThat(alive && System.nanoTime() < deadline)
                    .as("waiting for '%s' in:%n%s", text, all)
                    .isTrue();
            TimeUnit.MILLISECONDS.sleep(20);
        }
    }

    String text() throws IOException {
        return Files.readString(output, StandardCharsets.UTF_8);
    }

    int awaitExit() throws IOException, InterruptedException {
        assertThat(process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS))
                .as("the end of:%n%s", text())
                .isTrue();
        return process.exitValue();
    }

    @Override
    public void close() {
        process.destroy();
        process.onExit()
                .completeOnTimeout(process, LIMIT.toSeconds(), TimeUnit.SECONDS)
                .join();
        process.destroyForcibly();
    }
}
