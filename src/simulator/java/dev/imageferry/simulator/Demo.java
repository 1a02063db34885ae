package dev.imageferry.simulator;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The demo: a simulated Linode and the real daemon, until Ctrl-C. The daemon is a process of its own, exactly as it runs
 * against the real service. Everything that the demo writes is in {@code data} of the working directory.
 */
public final class Demo {
    private static final Path DATA = Path.of("data").toAbsolutePath();
    private static final Path LOCK = DATA.resolve("demo.lock");
    private static final Path LOG = DATA.resolve("demo.log");
    private static final Path LINODE_STATE = DATA.resolve("simulated-linode.json");

    private static final Duration PROBE_EVERY = Duration.ofMillis(200);

    /** What the daemon needs to stop after its uploads have ended. */
    private static final Duration AFTER_UPLOADS = Duration.ofSeconds(20);

    /** A demo must not reach the real Linode, whatever is left in the environment or on the command line. */
    private static final String LINODE_PROPERTIES = "imageferry.linode.";

    private static final String LINODE_VARIABLES = "IMAGEFERRY_LINODE_";

    private final DemoSettings settings;
    private final SimulatedLinode linode;
    private final Process daemon;
    private final Thread output;

    private Demo(DemoSettings settings, SimulatedLinode linode, Process daemon) {
        this.settings = settings;
        this.linode = linode;
        this.daemon = daemon;
        output = new Thread(this::copyOutput, "daemon-output");
        output.setDaemon(true);
    }

    /** Takes the path of {@code quarkus-run.jar}. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        if (arguments.length != 1) {
            refuse("usage: Demo <path of quarkus-run.jar>");
        }
        DemoSettings settings = DemoSettings.ofThisProcess();
        refuseUnusablePort(settings);
        Files.createDirectories(DATA);
        try (FileChannel channel = FileChannel.open(LOCK, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            FileLock lock = channel.tryLock();
            if (lock == null) {
                refuse("a demo is already running in " + DATA.getParent());
            }
            start(settings, Path.of(arguments[0])).run();
        }
    }

    private static Demo start(DemoSettings settings, Path jar) throws IOException {
        SimulatedLinode linode = startLinode();
        ProcessBuilder builder = new ProcessBuilder(command(linode, jar, System.getProperties()));
        prepare(builder.environment(), linode);
        Demo demo = new Demo(settings, linode, builder.redirectErrorStream(true).start());
        Runtime.getRuntime().addShutdownHook(new Thread(demo::stop, "demo-stop"));
        demo.output.start();
        return demo;
    }

    private static SimulatedLinode startLinode() {
        try {
            return SimulatedLinode.start(SimulatorOptions.forDemo().withStateFile(LINODE_STATE));
        } catch (IllegalStateException damaged) {
            refuse(String.valueOf(damaged.getMessage()));
            throw damaged;
        }
    }

    /** The daemon would notice only after it has started PostgreSQL. */
    private static void refuseUnusablePort(DemoSettings settings) {
        int port = settings.port();
        if (port == 0) {
            refuse("quarkus.http.port is not a port from 1 to 65535");
        }
        try (ServerSocket socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress(settings.host(), port));
        } catch (IOException inUse) {
            refuse("port " + port + " is in use. To choose another: QUARKUS_HTTP_PORT=" + another(port)
                    + " ./mvnw -Pdemo");
        }
    }

    private static int another(int port) {
        return port < 65_535 ? port + 1 : 8080;
    }

    private static void refuse(String reason) {
        System.err.println("demo: " + reason);
        System.exit(1);
    }

    static List<String> command(SimulatedLinode linode, Path jar, Properties properties) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        for (String name : properties.stringPropertyNames()) {
            boolean forDaemon = name.startsWith("imageferry.") || name.startsWith("quarkus.");
            if (forDaemon && !name.startsWith(LINODE_PROPERTIES)) {
                command.add("-D" + name + "=" + properties.getProperty(name));
            }
        }
        // the strongest place: neither the environment nor a file can name another one
        command.add("-D" + LINODE_PROPERTIES + "url=" + linode.uri());
        command.add("-jar");
        command.add(jar.toString());
        return command;
    }

    static void prepare(Map<String, String> environment, SimulatedLinode linode) {
        environment.keySet().removeIf(name -> name.startsWith(LINODE_VARIABLES) || name.startsWith("LINODE_"));
        environment.put("LINODE_URL", linode.uri().toString());
        environment.put("LINODE_TOKEN", linode.token());
        environment.put(LINODE_VARIABLES + "TOKEN", linode.token());
        environment.putIfAbsent("IMAGEFERRY_IMAGE_REGION", "us-ord");
        environment.put("LC_ALL", "C.UTF-8");
    }

    private void run() throws InterruptedException {
        System.out.println("Starting Imageferry, PostgreSQL and a simulated Linode");
        if (awaitReady()) {
            System.out.println(banner());
        }
        System.exit(daemon.waitFor()); // the hook closes the rest
    }

    private boolean endedWithin(Duration limit) throws InterruptedException {
        try {
            daemon.onExit().get(limit.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException runs) {
            return false;
        } catch (ExecutionException impossible) {
            throw new IllegalStateException("waiting for the daemon failed", impossible);
        }
    }

    /** Returns false when the daemon has ended. */
    private boolean awaitReady() throws InterruptedException {
        try (HttpClient client = HttpClient.newHttpClient()) {
            while (!endedWithin(PROBE_EVERY)) {
                if (isReady(client)) {
                    return true;
                }
            }
            return false;
        }
    }

    private boolean isReady(HttpClient client) throws InterruptedException {
        HttpRequest probe = HttpRequest.newBuilder(settings.page().resolve("/q/health/ready"))
                .timeout(Duration.ofSeconds(5))
                .build();
        try {
            return client.send(probe, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
        } catch (IOException notYet) {
            return false;
        }
    }

    private void copyOutput() {
        try (BufferedReader lines = daemon.inputReader(StandardCharsets.UTF_8);
                Writer log = Files.newBufferedWriter(LOG)) {
            DaemonOutput.copy(lines, log, System.out);
        } catch (IOException failed) {
            System.err.println("demo: " + LOG + " cannot be written: " + failed.getMessage());
        }
    }

    private String banner() {
        URI page = settings.page();
        Path drop = settings.dropFolder();
        return """

                ****************************************************************************
                **  LINODE IS SIMULATED: nothing is uploaded anywhere, no account is used **
                ****************************************************************************
                  Status page       %s
                  Drop folder       %s
                  Simulated images  %s
                  Log               %s

                Try it in a second terminal (mkfs.ext4 is in the package e2fsprogs):

                  cd "$(mktemp -d)"
                  truncate -s 256M disk.img && /usr/sbin/mkfs.ext4 -q disk.img && gzip disk.img
                  cp disk.img.gz '%s/' &&
                    curl '%sapi/v1/jobs?file=disk.img.gz&wait=30s'

                Press Ctrl-C to stop. Files, jobs and simulated images are kept in data/.
                """.formatted(page, drop, linode.uri().resolve(Views.PATH + "/images"), LOG, drop, page);
    }

    /** Ctrl-C reaches the daemon too, through the terminal; SIGTERM does not. Linode goes last: the daemon drains. */
    private void stop() {
        boolean running = daemon.isAlive();
        if (running) {
            System.out.println("\n" + stopping(linode.putsInProgress(), settings.shutdownGrace()));
        }
        daemon.toHandle().destroy(); // Process.destroy would close its output before the last lines
        try {
            Duration limit = settings.shutdownGrace().plus(AFTER_UPLOADS);
            if (!daemon.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                System.err.println("demo: the daemon did not stop within " + limit.toSeconds() + " s and was killed");
                daemon.destroyForcibly();
            }
            output.join(PROBE_EVERY); // its last lines
        } catch (InterruptedException interrupted) {
            daemon.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        linode.close();
        if (running) {
            System.out.println("stopped");
        }
    }

    static String stopping(int uploads, Duration grace) {
        return uploads == 0
                ? "stopping"
                : "stopping: waiting up to %d s for %d %s"
                        .formatted(grace.toSeconds(), uploads, uploads == 1 ? "upload" : "uploads");
    }
}
