package dev.imageferry.simulator;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The demo: a simulated Linode and the real daemon beside each other, until Ctrl-C. The daemon is a process of its own,
 * exactly as it runs against the real service.
 */
public final class Demo {
    private static final Duration SHUTDOWN_LIMIT = Duration.ofSeconds(40);
    private static final Duration PROBE_EVERY = Duration.ofMillis(500);

    /** A demo must not reach the real Linode, whatever is left in the environment or on the command line. */
    private static final String LINODE_PROPERTIES = "imageferry.linode.";

    private static final String LINODE_VARIABLES = "IMAGEFERRY_LINODE_";

    private final SimulatedLinode linode;
    private final Process daemon;
    private final Map<String, String> environment;
    private final Properties properties;

    private Demo(SimulatedLinode linode, Process daemon, Map<String, String> environment, Properties properties) {
        this.linode = linode;
        this.daemon = daemon;
        this.environment = environment;
        this.properties = properties;
    }

    /** Takes the path of {@code quarkus-run.jar}. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        if (arguments.length != 1) {
            System.err.println("usage: Demo <path of quarkus-run.jar>");
            System.exit(2);
        }
        SimulatedLinode linode = SimulatedLinode.start(SimulatorOptions.forDemo());
        ProcessBuilder builder = new ProcessBuilder(command(linode, Path.of(arguments[0]), System.getProperties()));
        prepare(builder.environment(), linode);
        Demo demo = new Demo(linode, builder.inheritIO().start(), System.getenv(), System.getProperties());
        Runtime.getRuntime().addShutdownHook(new Thread(demo::stop, "demo-stop"));
        demo.run();
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
        boolean ready = false;
        while (!ready && !endedWithin(PROBE_EVERY)) {
            ready = isReady();
        }
        if (ready) {
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

    private boolean isReady() throws InterruptedException {
        HttpRequest probe = HttpRequest.newBuilder(page().resolve("/q/health/ready"))
                .timeout(Duration.ofSeconds(5))
                .build();
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(probe, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
        } catch (IOException notYet) {
            return false;
        }
    }

    private URI page() {
        String port = setting("quarkus.http.port", "8080");
        String host = setting("quarkus.http.host", "127.0.0.1");
        return URI.create("http://" + (host.equals("0.0.0.0") ? "127.0.0.1" : host) + ":" + port + "/");
    }

    private String setting(String property, String fallback) {
        String variable = property.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
        return properties.getProperty(property, environment.getOrDefault(variable, fallback));
    }

    private String banner() {
        Path drop = Path.of(setting("imageferry.drop.directory", "data/drop"))
                .toAbsolutePath()
                .normalize();
        return """

                ****************************************************************************
                **  LINODE IS SIMULATED: nothing is uploaded anywhere, no account is used **
                ****************************************************************************
                  drop folder     %s
                  status page     %s
                  what "Linode" has, with SHA-256:
                                  curl %s/images
                  try it          cp debian-12.img.gz '%s/'
                  stop            Ctrl-C (what was dropped and the job table stay)

                """.formatted(drop, page(), linode.uri().resolve(Views.PATH), drop);
    }

    /** Ctrl-C reaches the daemon too, through the terminal; SIGTERM does not. Linode goes last: the daemon drains. */
    private void stop() {
        daemon.destroy();
        try {
            if (!daemon.waitFor(SHUTDOWN_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
                System.err.println("demo: the daemon did not end within " + SHUTDOWN_LIMIT.toSeconds() + " s: killed");
                daemon.destroyForcibly();
            }
        } catch (InterruptedException interrupted) {
            daemon.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        linode.close();
    }
}
