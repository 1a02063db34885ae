package dev.imageferry.settings;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.imageferry.daemon.HistorySettings;
import dev.imageferry.daemon.ImageSettings;
import dev.imageferry.daemon.LimitSettings;
import dev.imageferry.daemon.RetrySettings;
import dev.imageferry.daemon.ShutdownSettings;
import dev.imageferry.daemon.UploadSettings;
import dev.imageferry.image.ContentsRule;
import dev.imageferry.linode.LinodeSettings;
import dev.imageferry.linode.NetworkSettings;
import dev.imageferry.notify.NotifySettings;
import dev.imageferry.queue.LeaseSettings;
import dev.imageferry.step.CheckSettings;
import dev.imageferry.step.PollSettings;
import dev.imageferry.web.ApiSettings;
import io.quarkus.runtime.configuration.DurationConverter;
import io.quarkus.runtime.configuration.MemorySize;
import io.quarkus.runtime.configuration.MemorySizeConverter;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.ConfigMappings;
import io.smallrye.config.ConfigMappings.ConfigClass;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The mapped settings of all packages except drop. */
class MappedSettingsTest {
    /** Settings that are read without a mapping. */
    private static final Set<String> SINGLE = Set.of(
            "imageferry.database.directory",
            "imageferry.instance",
            "quarkus.datasource.jdbc.url",
            "quarkus.datasource.username",
            "quarkus.datasource.password",
            "quarkus.http.host",
            "quarkus.http.port");

    @Test
    void the_start_checks_exactly_the_mapped_settings_with_the_same_defaults() {
        Map<String, String> read = new TreeMap<>();
        for (JavaClass each : new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages("dev.imageferry")) {
            if (each.isAnnotatedWith(ConfigMapping.class)) {
                ConfigMappings.getProperties(ConfigClass.configClass(each.reflect()))
                        .forEach((key, property) -> read.put(
                                key.replace("[*]", ""),
                                Objects.toString(property.hasDefaultValue() ? property.getDefaultValue() : null, "")));
            }
        }

        Map<String, String> known = new TreeMap<>();
        KnownSettings.ALL.stream()
                .filter(setting -> !SINGLE.contains(setting.key()))
                .forEach(setting -> known.put(setting.key(), setting.defaultValue()));
        assertThat(read).isEqualTo(known);
        assertThat(KnownSettings.ALL).extracting(KnownSetting::key).containsAll(SINGLE);
    }

    @Test
    void test_defaults_of_linode() {
        LinodeSettings linode = mapped(LinodeSettings.class, Map.of());

        assertThat(linode.token()).isEmpty();
        assertThat(linode.tokenFile()).isEmpty();
        assertThat(linode.url()).isEqualTo(URI.create("https://api.linode.com"));
    }

    @Test
    void test_explicit_property_mappings_of_linode() {
        LinodeSettings linode = mapped(
                LinodeSettings.class,
                Map.of(
                        "imageferry.linode.token", "t0ken",
                        "imageferry.linode.token-file", "/run/secrets/linode",
                        "imageferry.linode.url", "http://127.0.0.1:9"));

        assertThat(linode.token()).contains("t0ken");
        assertThat(linode.tokenFile()).contains(Path.of("/run/secrets/linode"));
        assertThat(linode.url()).isEqualTo(URI.create("http://127.0.0.1:9"));
        assertThat(linode.toString()).doesNotContain("t0ken");
    }

    @Test
    void test_defaults_of_network() {
        NetworkSettings network = mapped(NetworkSettings.class, Map.of());

        assertThat(network.ca()).isEmpty();
        assertThat(network.proxy()).isEmpty();
        assertThat(network.noProxy()).isEmpty();
    }

    @Test
    void test_explicit_property_mappings_of_network() {
        NetworkSettings network = mapped(
                NetworkSettings.class,
                Map.of(
                        "imageferry.network.ca", "/etc/ssl/own.pem",
                        "imageferry.network.proxy", "http://me:pa55@proxy:3128",
                        "imageferry.network.no-proxy", "a.example.com,10.0.0.0/8"));

        assertThat(network.ca()).contains(Path.of("/etc/ssl/own.pem"));
        assertThat(network.proxy()).contains("http://me:pa55@proxy:3128");
        assertThat(network.noProxy()).contains(List.of("a.example.com", "10.0.0.0/8"));
        assertThat(network.toString()).doesNotContain("pa55");
    }

    @Test
    void test_defaults_of_image() {
        ImageSettings image = mapped(ImageSettings.class, Map.of());

        assertThat(image.region()).isEmpty();
        assertThat(image.tags()).isEmpty();
        assertThat(image.description()).isEqualTo("{file}");
        assertThat(image.cloudInit()).isFalse();
        assertThat(image.replicateTo()).isEmpty();
    }

    @Test
    void test_explicit_property_mappings_of_image() {
        ImageSettings image = mapped(
                ImageSettings.class,
                Map.of(
                        "imageferry.image.region", "us-ord",
                        "imageferry.image.tags", "golden,nightly",
                        "imageferry.image.description", "from {file}",
                        "imageferry.image.cloud-init", "true",
                        "imageferry.image.replicate-to", "nl-ams,us-east"));

        assertThat(image.region()).contains("us-ord");
        assertThat(image.tags()).contains(List.of("golden", "nightly"));
        assertThat(image.description()).isEqualTo("from {file}");
        assertThat(image.cloudInit()).isTrue();
        assertThat(image.replicateTo()).contains(List.of("nl-ams", "us-east"));
    }

    @Test
    void test_defaults_of_limits() {
        LimitSettings limits = mapped(LimitSettings.class, Map.of());

        assertThat(limits.compressed().asLongValue()).isEqualTo(5_368_709_120L);
        assertThat(limits.uncompressed().asLongValue()).isEqualTo(6_442_450_944L);
        assertThat(limits.pricePerGb()).isEqualTo(0.1);
    }

    @Test
    void test_explicit_property_mappings_of_limits() {
        LimitSettings limits = mapped(
                LimitSettings.class,
                Map.of(
                        "imageferry.limits.compressed",
                        "1G",
                        "imageferry.limits.uncompressed",
                        "26843545600",
                        "imageferry.limits.price-per-gb",
                        "0.12"));

        assertThat(limits.compressed().asLongValue()).isEqualTo(1L << 30);
        assertThat(limits.uncompressed().asLongValue()).isEqualTo(25L << 30);
        assertThat(limits.pricePerGb()).isEqualTo(0.12);
    }

    @Test
    void test_defaults_of_check() {
        CheckSettings check = mapped(CheckSettings.class, Map.of());

        assertThat(check.concurrency()).isEmpty();
        assertThat(check.contents()).isEqualTo(ContentsRule.STRICT);
    }

    @Test
    void test_explicit_property_mappings_of_check() {
        CheckSettings check = mapped(
                CheckSettings.class, Map.of("imageferry.check.concurrency", "3", "imageferry.check.contents", "warn"));

        assertThat(check.concurrency()).hasValue(3);
        assertThat(check.contents()).isEqualTo(ContentsRule.WARN);
    }

    @Test
    void test_defaults_of_upload() {
        UploadSettings upload = mapped(UploadSettings.class, Map.of());

        assertThat(upload.concurrency()).isEqualTo(4);
        assertThat(upload.bandwidth()).isEqualTo("off");
        assertThat(upload.timeZone()).isEmpty();
        assertThat(upload.stallTimeout()).isEqualTo(Duration.ofMinutes(1));
        assertThat(upload.answerTimeout()).isEqualTo(Duration.ofMinutes(10));
    }

    @Test
    void test_explicit_property_mappings_of_upload() {
        UploadSettings upload = mapped(
                UploadSettings.class,
                Map.of(
                        "imageferry.upload.concurrency", "9",
                        "imageferry.upload.bandwidth", "Mon-08:00,10M Mon-18:00,off",
                        "imageferry.upload.time-zone", "Europe/Berlin",
                        "imageferry.upload.stall-timeout", "30s",
                        "imageferry.upload.answer-timeout", "5m"));

        assertThat(upload.concurrency()).isEqualTo(9);
        assertThat(upload.bandwidth()).isEqualTo("Mon-08:00,10M Mon-18:00,off");
        assertThat(upload.timeZone()).hasValue("Europe/Berlin");
        assertThat(upload.stallTimeout()).isEqualTo(Duration.ofSeconds(30));
        assertThat(upload.answerTimeout()).isEqualTo(Duration.ofMinutes(5));
    }

    @Test
    void test_defaults_of_retry() {
        RetrySettings retry = mapped(RetrySettings.class, Map.of());

        assertThat(retry.maxAttempts()).isEqualTo(8);
        assertThat(retry.initialDelay()).isEqualTo(Duration.ofSeconds(2));
        assertThat(retry.maxDelay()).isEqualTo(Duration.ofMinutes(10));
    }

    @Test
    void test_explicit_property_mappings_of_retry() {
        RetrySettings retry = mapped(
                RetrySettings.class,
                Map.of(
                        "imageferry.retry.max-attempts", "2",
                        "imageferry.retry.initial-delay", "1s",
                        "imageferry.retry.max-delay", "3m"));

        assertThat(retry.policy().maxAttempts()).isEqualTo(2);
        assertThat(retry.policy().initialDelay()).isEqualTo(Duration.ofSeconds(1));
        assertThat(retry.policy().maxDelay()).isEqualTo(Duration.ofMinutes(3));
    }

    @Test
    void test_defaults_of_poll() {
        PollSettings poll = mapped(PollSettings.class, Map.of());

        assertThat(poll.initialDelay()).isEqualTo(Duration.ofSeconds(2));
        assertThat(poll.maxDelay()).isEqualTo(Duration.ofSeconds(30));
        assertThat(poll.timeout()).isEqualTo(Duration.ofHours(2));
    }

    @Test
    void test_explicit_property_mappings_of_poll() {
        PollSettings poll = mapped(
                PollSettings.class,
                Map.of(
                        "imageferry.poll.initial-delay", "1s",
                        "imageferry.poll.max-delay", "1m",
                        "imageferry.poll.timeout", "4h"));

        assertThat(poll.initialDelay()).isEqualTo(Duration.ofSeconds(1));
        assertThat(poll.maxDelay()).isEqualTo(Duration.ofMinutes(1));
        assertThat(poll.timeout()).isEqualTo(Duration.ofHours(4));
    }

    @Test
    void test_defaults_of_lease_and_shutdown() {
        assertThat(mapped(LeaseSettings.class, Map.of()).duration()).isEqualTo(Duration.ofMinutes(2));
        assertThat(mapped(ShutdownSettings.class, Map.of()).grace()).isEqualTo(Duration.ofSeconds(20));
    }

    @Test
    void test_mapping_of_history() {
        assertThat(mapped(HistorySettings.class, Map.of()).keep()).isEqualTo(Duration.ofDays(365));
        assertThat(mapped(HistorySettings.class, Map.of("imageferry.history.keep", "36h"))
                        .keep())
                .isEqualTo(Duration.ofHours(36));
    }

    @Test
    void test_explicit_property_mappings_of_lease_and_shutdown() {
        assertThat(mapped(LeaseSettings.class, Map.of("imageferry.lease.duration", "30s"))
                        .duration())
                .isEqualTo(Duration.ofSeconds(30));
        assertThat(mapped(ShutdownSettings.class, Map.of("imageferry.shutdown.grace", "0s"))
                        .grace())
                .isZero();
    }

    @Test
    void test_defaults_of_notify() {
        NotifySettings notify = mapped(NotifySettings.class, Map.of());

        assertThat(notify.url()).isEmpty();
        assertThat(notify.secret()).isEmpty();
    }

    @Test
    void test_explicit_property_mappings_of_notify() {
        NotifySettings notify = mapped(
                NotifySettings.class,
                Map.of(
                        "imageferry.notify.url", "https://hooks.example.org/T0/s3cret",
                        "imageferry.notify.secret", "t0ken"));

        assertThat(notify.url()).contains("https://hooks.example.org/T0/s3cret");
        assertThat(notify.secret()).contains("t0ken");
        assertThat(notify.toString()).doesNotContain("t0ken", "s3cret");
    }

    @Test
    void test_defaults_of_api() {
        ApiSettings api = mapped(ApiSettings.class, Map.of());

        assertThat(api.token()).isEmpty();
        assertThat(api.hosts()).isEmpty();
    }

    @Test
    void test_explicit_property_mappings_of_api() {
        ApiSettings api = mapped(
                ApiSettings.class,
                Map.of("imageferry.api.token", "t0ken", "imageferry.api.hosts", "service.example.org,localhost"));

        assertThat(api.token()).contains("t0ken");
        assertThat(api.hosts()).contains(List.of("service.example.org", "localhost"));
        assertThat(api.toString()).doesNotContain("t0ken");
    }

    private static <T> T mapped(Class<T> mapping, Map<String, String> properties) {
        return new SmallRyeConfigBuilder()
                .withMapping(mapping)
                .withConverter(Duration.class, 200, new DurationConverter())
                .withConverter(MemorySize.class, 200, new MemorySizeConverter())
                .withSources(new PropertiesConfigSource(properties, "test", 100))
                .build()
                .getConfigMapping(mapping);
    }
}
