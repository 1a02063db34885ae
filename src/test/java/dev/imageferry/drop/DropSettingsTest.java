package dev.imageferry.drop;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.runtime.configuration.DurationConverter;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DropSettingsTest {
    @Test
    void test_defaults() {
        DropSettings settings = settings(Map.of());

        assertThat(settings.directory()).isEqualTo(Path.of("data/drop"));
        assertThat(settings.settle()).isEqualTo(Duration.ofSeconds(5));
        assertThat(settings.scanEvery()).isEqualTo(Duration.ofSeconds(2));
        assertThat(settings.incompleteAfter()).isEqualTo(Duration.ofMinutes(10));
        assertThat(settings.whenDone()).isEqualTo(WhenDone.MOVE);
        assertThat(settings.deduplicate()).isTrue();
    }

    @Test
    void test_explicit_property_mappings() {
        DropSettings settings = settings(Map.of(
                "imageferry.drop.directory", "/srv/drop",
                "imageferry.drop.settle", "7s",
                "imageferry.drop.scan-every", "3s",
                "imageferry.drop.incomplete-after", "1h",
                "imageferry.drop.when-done", "keep",
                "imageferry.drop.deduplicate", "false"));

        assertThat(settings.directory()).isEqualTo(Path.of("/srv/drop"));
        assertThat(settings.settle()).isEqualTo(Duration.ofSeconds(7));
        assertThat(settings.scanEvery()).isEqualTo(Duration.ofSeconds(3));
        assertThat(settings.incompleteAfter()).isEqualTo(Duration.ofHours(1));
        assertThat(settings.whenDone()).isEqualTo(WhenDone.KEEP);
        assertThat(settings.deduplicate()).isFalse();
    }

    private static DropSettings settings(Map<String, String> properties) {
        return new SmallRyeConfigBuilder()
                .withMapping(DropSettings.class)
                .withConverter(Duration.class, 200, new DurationConverter())
                .withSources(new PropertiesConfigSource(properties, "test", 100))
                .build()
                .getConfigMapping(DropSettings.class);
    }
}
