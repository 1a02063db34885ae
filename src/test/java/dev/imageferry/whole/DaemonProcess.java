package dev.imageferry.whole;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.imageferry.simulator.SimulatedLinode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * Runs the packaged jar in its own working directory, with short intervals unless a test sets others. The log is in
 * {@code daemon.log} of the working directory.
 */
public final class DaemonProcess implements AutoCloseable {
    /** Ten seconds. */
    private static final int MOST_REPEATED = 50;

    private static final Duration START_LIMIT = Duration.ofMinutes(2);
    private static final Pattern LISTENING = Pattern.compile("Listening on: (http://127\\.0\\.0\\.1:\\d+)");
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path directory;
    private final Map<String, String> settings = new LinkedHashMap<>();
    private final Map<String, String> environment = new LinkedHashMap<>();
    private final List<String> jvmArguments = new ArrayList<>();
    private final HttpClient http = HttpClient.newHttpClient();
    private List<String> java = QuickJvm.command();
    private @Nullable Process process;
    private @Nullable URI address;

    private DaemonProcess(Path directory) {
        this.directory = directory;
    }

    /** Creates a daemon that uses the simulator. Does not start it. */
    public static DaemonProcess in(Path directory, SimulatedLinode linode) {
        DaemonProcess daemon = new DaemonProcess(directory);
        daemon.environment.put("LINODE_TOKEN", linode.token());
        daemon.environment.put("LC_ALL", "C.UTF-8");
        daemon.set("imageferry.linode.url", linode.uri().toString());
        daemon.set("imageferry.image.region", "us-ord");
        daemon.set("imageferry.drop.settle", "300ms");
        daemon.set("imageferry.drop.scan-every", "200ms");
        daemon.set("imageferry.retry.initial-delay", "50ms");
        daemon.set("imageferry.retry.max-delay", "1s");
        daemon.set("imageferry.poll.initial-delay", "50ms");
        daemon.set("imageferry.poll.max-delay", "500ms");
        daemon.set("imageferry.lease.duration", "6s");
        daemon.set("quarkus.http.port", "0");
        return daemon;
    }

    public DaemonProcess set(String key, String value) {
        settings.put(key, value);
        return this;
    }

    public DaemonProcess environment(String name, String value) {
        environment.put(name, value);
        return this;
    }

    public DaemonProcess jvm(String argument) {
        jvmArguments.add(argument);
        return this;
    }

    /** Starts Java without the options of {@link QuickJvm}. */
    public DaemonProcess productionJvm() {
        java = QuickJvm.command().subList(0, 1);
        return this;
    }

    public Path dropFolder() {
        return directory.resolve("data/drop");
    }

    /** Starts the process and waits until it is ready. */
    public DaemonProcess start() {
        return launch().awaitReady();
    }

    /** Waits until the started process is ready. */
    public DaemonProcess awaitReady() {
        await("the daemon to be ready", START_LIMIT, () -> {
            if (!isAlive()) {
                throw new AssertionError(
                        "the daemon exited with status " + process().exitValue() + ":\n" + log());
            }
            return isReady();
        });
        return this;
    }

    /** Whether {@code /q/health/ready} returns 200. */
    public boolean isReady() {
        return isAlive() && findAddress() && status("/q/health/ready") == 200;
    }

    /** Returns the names of the closed gates from {@code GET /summary}. */
    public List<String> blocked() {
        return StreamSupport.stream(json("/api/v1/summary").get("blocked").spliterator(), false)
                .map(gate -> gate.get("gate").asText())
                .toList();
    }

    /** Starts the process and returns at once. */
    public DaemonProcess launch() {
        List<String> command = new ArrayList<>(java);
        command.addAll(jvmArguments);
        settings.forEach((key, value) -> command.add("-D" + key + "=" + value));
        command.add("-jar");
        command.add(Objects.requireNonNull(System.getProperty("imageferry.jar"), "imageferry.jar"));
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(logFile().toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("IMAGEFERRY_") || name.startsWith("LINODE_"));
        builder.environment().putAll(environment);
        try {
            Files.deleteIfExists(logFile());
            process = builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        address = null;
        return this;
    }

    /** Runs another command of the jar with the settings of this daemon, and returns its output. */
    String command(int expectedStatus, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(java);
        settings.forEach((key, value) -> command.add("-D" + key + "=" + value));
        command.add("-jar");
        command.add(Objects.requireNonNull(System.getProperty("imageferry.jar"), "imageferry.jar"));
        command.addAll(List.of(arguments));
        Path output = Files.createTempFile(directory, "command", ".log");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("IMAGEFERRY_") || name.startsWith("LINODE_"));
        Process running = builder.start();
        try {
            boolean ended = running.waitFor(2, TimeUnit.MINUTES);
            String text = Files.readString(output);
            if (!ended || running.exitValue() != expectedStatus) {
                throw new AssertionError(
                        String.join(" ", arguments) + " did not exit with " + expectedStatus + ": " + text);
            }
            return text;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        } finally {
            running.destroyForcibly();
        }
    }

    private boolean findAddress() {
        Matcher matcher = LISTENING.matcher(log());
        if (matcher.find()) {
            address = URI.create(matcher.group(1));
        }
        return address != null;
    }

    public URI address() {
        return Objects.requireNonNull(address, "not started");
    }

    public Process process() {
        return Objects.requireNonNull(process, "not started");
    }

    public boolean isAlive() {
        return process != null && process.isAlive();
    }

    public String log() {
        try {
            return Files.exists(logFile()) ? Files.readString(logFile()) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path logFile() {
        return directory.resolve("daemon.log");
    }

    /** Kills the process with SIGKILL. */
    public void kill() {
        process().destroyForcibly();
        awaitEnd();
    }

    /** Stops the process with SIGTERM and waits for its end. */
    public int terminate() {
        process().destroy();
        return awaitEnd();
    }

    public int awaitEnd() {
        try {
            if (!process().waitFor(60, TimeUnit.SECONDS)) {
                throw new AssertionError("the daemon did not exit within 60 s:\n" + log());
            }
            return process().exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    public HttpResponse<String> get(String path) {
        return send(HttpRequest.newBuilder(address().resolve(path)).GET().build());
    }

    /** Sends a POST without a body. */
    public HttpResponse<String> post(String path) {
        return send(HttpRequest.newBuilder(address().resolve(path))
                .POST(HttpRequest.BodyPublishers.noBody())
                .build());
    }

    public HttpResponse<String> send(HttpRequest request) {
        try {
            return http.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private int status(String path) {
        try {
            return get(path).statusCode();
        } catch (UncheckedIOException e) {
            return -1; // not listening yet
        }
    }

    /** Reads JSON. As other clients, it repeats a request that is answered by 503 while the database is unavailable. */
    public JsonNode json(String path) {
        HttpResponse<String> response = get(path);
        for (int again = 0; again < MOST_REPEATED && response.statusCode() == 503; again++) {
            try {
                TimeUnit.MILLISECONDS.sleep(200);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
            response = get(path);
        }
        if (response.statusCode() != 200) {
            throw new AssertionError(path + " returned " + response.statusCode() + ": " + response.body());
        }
        try {
            return JSON.readTree(response.body());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns all jobs, oldest first. */
    public List<JsonNode> jobs() {
        return StreamSupport.stream(
                        json("/api/v1/jobs?order=oldest&limit=500").get("items").spliterator(), false)
                .toList();
    }

    /** Returns the only job of the file. */
    public JsonNode job(String file) {
        List<JsonNode> found = jobs().stream()
                .filter(job -> job.get("file").asText().equals(file))
                .toList();
        if (found.size() != 1) {
            throw new AssertionError(found.size() + " jobs for " + file + ": " + found);
        }
        return found.getFirst();
    }

    /** Waits until this number of jobs exists and all are archived. */
    public List<JsonNode> awaitArchived(int count, Duration limit) {
        await(count + " archived jobs", limit, () -> {
            List<JsonNode> jobs = jobs();
            return jobs.size() >= count
                    && jobs.stream().allMatch(job -> job.get("archived").asBoolean());
        });
        return jobs();
    }

    /** Waits for a condition. Fails with the log of the daemon after the limit. */
    public void await(String what, Duration limit, BooleanSupplier condition) {
        long end = System.nanoTime() + limit.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("timed out after " + limit + " waiting for " + what + "; log:\n" + log());
            }
            try {
                TimeUnit.MILLISECONDS.sleep(50);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        }
    }

    /** Kills the process if it is running. */
    @Override
    public void close() {
        if (isAlive()) {
            process().destroy();
            try {
                if (!process().waitFor(40, TimeUnit.SECONDS)) {
                    process().destroyForcibly().waitFor();
                }
            } catch (InterruptedException e) {
                process().destroyForcibly();
                Thread.currentThread().interrupt();
            }
        }
        http.close();
    }
}
