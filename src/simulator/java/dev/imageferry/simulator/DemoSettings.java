package dev.imageferry.simulator;

import java.io.IOException;
import java.io.Reader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;

/**
 * The settings of the daemon that the demo needs to know, read from the same places in the same order: system properties,
 * environment, {@code config/imageferry.properties}.
 */
final class DemoSettings {
    private final Properties properties;
    private final Map<String, String> environment;
    private final Properties file;

    DemoSettings(Properties properties, Map<String, String> environment, Properties file) {
        this.properties = properties;
        this.environment = environment;
        this.file = file;
    }

    static DemoSettings ofThisProcess() throws IOException {
        Properties file = new Properties();
        Path path = Path.of("config/imageferry.properties");
        if (Files.exists(path)) {
            try (Reader reader = Files.newBufferedReader(path, StandardCharsets.UTF_8)) {
                file.load(reader);
            }
        }
        return new DemoSettings(System.getProperties(), System.getenv(), file);
    }

    /** Where the page is; the daemon may listen on more addresses. */
    URI page() {
        return URI.create("http://" + (host().equals("0.0.0.0") ? "127.0.0.1" : host()) + ":" + port() + "/");
    }

    String host() {
        return setting("quarkus.http.host", "127.0.0.1");
    }

    /** The port, or 0 when the setting is not a port. */
    int port() {
        String port = setting("quarkus.http.port", "8080");
        return port.matches("\\d{1,5}") && Integer.parseInt(port) <= 65_535 ? Integer.parseInt(port) : 0;
    }

    Path dropFolder() {
        return Path.of(setting("imageferry.drop.directory", "data/drop"))
                .toAbsolutePath()
                .normalize();
    }

    /** How long a shutdown waits for uploads; the default when the setting is not in seconds. */
    Duration shutdownGrace() {
        String grace = setting("imageferry.shutdown.grace", "20s");
        return Duration.ofSeconds(grace.matches("\\d{1,6}s?") ? Long.parseLong(grace.replace("s", "")) : 20);
    }

    private String setting(String property, String fallback) {
        String variable = property.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
        String value = properties.getProperty(
                property, environment.getOrDefault(variable, file.getProperty(property, fallback)));
        return value.strip();
    }
}
