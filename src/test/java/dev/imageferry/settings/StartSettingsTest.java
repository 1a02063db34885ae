package dev.imageferry.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.SysPropConfigSource;
import io.smallrye.config.common.MapBackedConfigSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sources have the order of Quarkus. StartAndStopIT tests the order in the running daemon. */
class StartSettingsTest {
    @TempDir
    Path directory;

    private final Map<String, String> systemProperties = new HashMap<>();
    private final Map<String, String> environment = new HashMap<>();
    private final Map<String, String> file = new HashMap<>();

    @BeforeEach
    void useOwnDirectories() {
        file.put("imageferry.drop.directory", directory.resolve("a/drop").toString());
        file.put(
                "imageferry.database.directory", directory.resolve("b/postgres").toString());
        environment.put("LINODE_TOKEN", "secret-token");
    }

    @Test
    void accepts_only_a_token_and_creates_the_drop_folder() throws Exception {
        StartSettings settings = check();

        assertThat(settings.databaseDirectory()).isEqualTo(directory.resolve("b/postgres"));
        assertThat(settings.usesEmbeddedDatabase()).isTrue();
        assertThat(settings.shutdownGrace()).isEqualTo(Duration.ofSeconds(20));
        assertThat(directory.resolve("a/drop")).isDirectory();
    }

    @Test
    void starts_no_embedded_database_if_an_external_one_is_configured() throws Exception {
        environment.put("QUARKUS_DATASOURCE_JDBC_URL", "jdbc:postgresql://db/imageferry");

        assertThat(check().usesEmbeddedDatabase()).isFalse();
    }

    @Test
    void accepts_a_link_to_a_drop_folder() throws Exception {
        Path real = Files.createDirectory(directory.resolve("real"));
        file.put(
                "imageferry.drop.directory",
                Files.createSymbolicLink(directory.resolve("link"), real).toString());

        assertThat(check()).isNotNull();
    }

    @ParameterizedTest
    @CsvSource({
        "imageferry.drop.settle, soon",
        "imageferry.drop.settle, -1s",
        "imageferry.drop.settle, ''",
        "imageferry.drop.when-done, shred",
        "imageferry.limits.compressed, lots",
        "imageferry.upload.concurrency, 0",
        "imageferry.upload.time-zone, Berlin",
        "imageferry.linode.url, linode",
        "imageferry.image.cloud-init, maybe",
        "quarkus.http.port, 99999",
        "quarkus.datasource.jdbc.url, jdbc:mysql://x"
    })
    void refuses_a_bad_value_with_key_value_source_and_expected_format(String key, String value) {
        file.put(key, value);

        assertRefused(key + "=" + value + " (config/imageferry.properties): ", "expected ");
    }

    @Test
    void names_the_bad_entry_of_a_timetable() {
        file.put("imageferry.upload.bandwidth", "Mon-08:00,10M Mon-25:00,off");

        assertRefused(
                "imageferry.upload.bandwidth=Mon-08:00,10M Mon-25:00,off (config/imageferry.properties): ",
                "entry \"Mon-25:00,off\": \"25:00\" is not a time: use 00:00 to 23:59");
    }

    @Test
    void refuses_a_value_with_an_unresolved_reference() {
        file.put("imageferry.upload.bandwidth", "${NOWHERE}");

        assertRefused("imageferry.upload.bandwidth", "cannot be resolved");
    }

    @Test
    void accepts_empty_settings_without_a_default() throws Exception {
        environment.put("IMAGEFERRY_IMAGE_REGION", "");
        environment.put("IMAGEFERRY_IMAGE_TAGS", "");
        environment.put("IMAGEFERRY_CHECK_CONCURRENCY", "");

        assertThat(check()).isNotNull();
    }

    @Test
    void prefers_system_properties_over_the_environment_over_the_file() {
        file.put("imageferry.drop.settle", "file");
        assertRefused("settle=file (config/imageferry.properties)");
        environment.put("IMAGEFERRY_DROP_SETTLE", "environment");
        assertRefused("settle=environment (environment variable IMAGEFERRY_DROP_SETTLE)");
        systemProperties.put("imageferry.drop.settle", "property");
        assertRefused("settle=property (system property)");
    }

    @ParameterizedTest
    @CsvSource({
        "imageferry.drop.directroy, 'imageferry.drop.directroy (config/imageferry.properties)', imageferry.drop.directory?",
        "imageferry.drop, 'imageferry.drop (config/imageferry.properties)', imageferry.drop",
        "'%prod.imageferry.drop.setle', 'imageferry.drop.setle (config/', imageferry.drop.settle?"
    })
    void refuses_an_unknown_key_in_the_file(String key, String named, String nearest) {
        file.put(key, "x");

        assertRefused(named, nearest);
    }

    @Test
    void refuses_an_unknown_environment_variable() {
        environment.put("IMAGEFERRY_DROP_DIRECTROY", "x");

        assertRefused("IMAGEFERRY_DROP_DIRECTROY", "IMAGEFERRY_DROP_DIRECTORY?");
    }

    @Test
    void refuses_an_unknown_system_property() {
        systemProperties.put("imageferry.upload.bandwith", "x");

        assertRefused("imageferry.upload.bandwith (system property)", "imageferry.upload.bandwidth?");
    }

    @Test
    void ignores_variables_of_a_kubernetes_service_named_imageferry() throws Exception {
        environment.put("KUBERNETES_SERVICE_HOST", "10.0.0.1");
        for (String name : new String[] {
            "IMAGEFERRY_SERVICE_HOST",
            "IMAGEFERRY_SERVICE_PORT",
            "IMAGEFERRY_SERVICE_PORT_HTTP",
            "IMAGEFERRY_PORT",
            "IMAGEFERRY_PORT_8080_TCP",
            "IMAGEFERRY_PORT_8080_TCP_PROTO",
            "IMAGEFERRY_PORT_8080_TCP_PORT",
            "IMAGEFERRY_PORT_8080_TCP_ADDR",
            "IMAGEFERRY_POSTGRES_SERVICE_HOST"
        }) {
            environment.put(name, "x");
        }

        assertThat(check()).isNotNull();

        environment.remove("KUBERNETES_SERVICE_HOST");
        assertRefused("Unknown setting");
    }

    @Test
    void names_the_missing_token() {
        environment.remove("LINODE_TOKEN");

        assertRefused("imageferry.linode.token", "LINODE_TOKEN", "imageferry.linode.token-file");
    }

    @ParameterizedTest
    @CsvSource({"LINODE_TOKEN", "LINODE_CLI_TOKEN", "IMAGEFERRY_LINODE_TOKEN"})
    void accepts_the_token_from_the_environment(String name) throws Exception {
        environment.remove("LINODE_TOKEN");
        environment.put(name, "secret-token");

        assertThat(check()).isNotNull();
    }

    @Test
    void reports_invalid_paths() throws Exception {
        Path plain = Files.createFile(directory.resolve("plain"));
        environment.remove("LINODE_TOKEN");

        for (String token : new String[] {plain + "/token", "a\0b", directory.toString()}) {
            file.put("imageferry.linode.token-file", token);
            assertThat(refusal()).contains("imageferry.linode.token-file").doesNotContain("Exception", "java.");
        }
        file.put("imageferry.linode.token-file", directory.resolve("none").toString());
        assertThat(refusal()).endsWith("cannot read the file: no such file or directory");

        file.remove("imageferry.linode.token-file");
        environment.put("LINODE_TOKEN", "secret-token");
        for (String drop : new String[] {plain.toString(), plain + "/drop", "a\0b"}) {
            file.put("imageferry.drop.directory", drop);
            assertThat(refusal()).contains("imageferry.drop.directory").doesNotContain("Exception", "java.");
        }
    }

    private String refusal() {
        return String.valueOf(
                catchThrowableOfType(RefusedStartException.class, this::check).getMessage());
    }

    @Test
    void accepts_the_token_from_a_file() throws Exception {
        environment.remove("LINODE_TOKEN");
        Path token = directory.resolve("token");
        file.put("imageferry.linode.token-file", token.toString());

        assertRefused("imageferry.linode.token-file=" + token, "cannot read the file");
        Files.writeString(token, " \n");
        assertRefused("imageferry.linode.token-file=" + token, "empty");
        Files.writeString(token, "secret-token\n");
        assertThat(check()).isNotNull();
    }

    @Test
    void refuses_a_file_without_certificates() throws Exception {
        Path authorities = directory.resolve("ca.pem");
        file.put("imageferry.network.ca", authorities.toString());

        assertRefused("imageferry.network.ca=" + authorities, "cannot read the file: no such file or directory");
        Files.writeString(authorities, "");
        assertRefused("imageferry.network.ca=" + authorities, "no certificate");
        Files.writeString(authorities, "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n");
        assertRefused("imageferry.network.ca=" + authorities, "PEM");
    }

    @ParameterizedTest
    @CsvSource({
        "proxy.example.com, false",
        "https://proxy.example.com:3128, false",
        "socks5://proxy.example.com:1080, false",
        "http://me:pa55word@proxy.example.com, false",
        "proxy.example.com:3128, true",
        "http://me:pa55word@proxy.example.com:3128/, true"
    })
    void refuses_a_proxy_without_a_port_or_of_another_kind_and_does_not_show_it(String proxy, boolean accepted)
            throws Exception {
        environment.put("IMAGEFERRY_NETWORK_PROXY", proxy);

        if (accepted) {
            assertThat(check()).isNotNull();
        } else {
            assertRefused("imageferry.network.proxy", "http://host:3128");
            assertThat(refusal()).doesNotContain("pa55word");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "imageferry.linode.token",
        "imageferry.network.proxy",
        "imageferry.api.token",
        "imageferry.notify.secret",
        "LINODE_TOKEN",
        "LINODE_CLI_TOKEN"
    })
    void refuses_a_token_on_the_command_line(String name) {
        systemProperties.put(name, "secret-token");

        assertRefused("Tokens and secrets are not accepted on the command line", name);
    }

    @Test
    void does_not_show_an_invalid_token() {
        environment.put("LINODE_TOKEN", "secret-token and more");

        assertRefused("imageferry.linode.token");
    }

    @ParameterizedTest
    @CsvSource({"imageferry.notify.url", "imageferry.notify.secret"})
    void does_not_show_an_invalid_setting_of_the_webhook(String key) {
        file.put(key, "ftp://user:secret-token@relay.example.org and more");

        assertRefused(key + " (config/imageferry.properties)");
    }

    @ParameterizedTest
    @CsvSource({"0.0.0.0", "192.0.2.1", "'::'"})
    void refuses_to_listen_beyond_loopback_without_an_api_token(String host) throws Exception {
        environment.put("QUARKUS_HTTP_HOST", host);
        assertRefused("quarkus.http.host=" + host, "imageferry.api.token");

        environment.put("IMAGEFERRY_API_TOKEN", "secret-token");
        assertThat(check()).isNotNull();
    }

    @ParameterizedTest
    @CsvSource({"127.0.0.1", "localhost", "127.1.2.3", "'::1'"})
    void listens_on_loopback_without_an_api_token(String host) throws Exception {
        environment.put("QUARKUS_HTTP_HOST", host);

        assertThat(check()).isNotNull();
    }

    @Test
    void refuses_a_jvm_that_cannot_open_every_file_name() {
        assertThatThrownBy(() -> StartSettings.check(config(), "ANSI_X3.4-1968"))
                .isInstanceOf(RefusedStartException.class)
                .hasMessageContaining("ANSI_X3.4-1968")
                .hasMessageContaining("LC_ALL=C.UTF-8");
    }

    @ParameterizedTest
    @CsvSource({"imageferry.drop.directory", "imageferry.database.directory"})
    void refuses_a_directory_that_cannot_be_created(String key) throws IOException {
        Path inTheWay = Files.createFile(directory.resolve("file"));
        file.put(key, inTheWay.resolve("x/y").toString());

        assertRefused(key + "=" + inTheWay);
    }

    @Test
    void names_a_file_at_the_path_of_the_drop_folder() throws IOException {
        Path inTheWay = Files.createFile(directory.resolve("file"));
        file.put("imageferry.drop.directory", inTheWay.toString());
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));

        assertRefused("imageferry.drop.directory=" + inTheWay);
    }

    private StartSettings check() throws RefusedStartException {
        return StartSettings.check(config(), "UTF-8");
    }

    private void assertRefused(String... parts) {
        assertThatThrownBy(this::check)
                .isInstanceOf(RefusedStartException.class)
                .hasMessageContainingAll(parts)
                .hasMessageNotContaining("\n")
                .hasMessageNotContaining("secret-token");
    }

    private SmallRyeConfig config() {
        return new SmallRyeConfigBuilder()
                .addDefaultInterceptors()
                .withSources(
                        new SystemProperties(systemProperties),
                        new EnvConfigSource(environment, 300),
                        new PropertiesConfigSource(
                                file,
                                "PropertiesConfigSource[source=file:"
                                        + Path.of("config/imageferry.properties")
                                                .toAbsolutePath() + "]",
                                251),
                        new PropertiesConfigSource(
                                Map.of(
                                        "imageferry.linode.token",
                                        "${LINODE_TOKEN:${LINODE_CLI_TOKEN:}}",
                                        "quarkus.http.host",
                                        "127.0.0.1"),
                                "application.properties",
                                250))
                .build();
    }

    /** Recognised by its name, like that of Quarkus. */
    private static final class SystemProperties extends MapBackedConfigSource {
        private static final long serialVersionUID = 1L;

        SystemProperties(Map<String, String> properties) {
            super(SysPropConfigSource.NAME, properties, 400);
        }
    }
}
