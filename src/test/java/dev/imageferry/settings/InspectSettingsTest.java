package dev.imageferry.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class InspectSettingsTest {
    private static InspectSettings read(Map<String, String> file) throws RefusedStartException {
        return InspectSettings.read(new SmallRyeConfigBuilder()
                .withSources(new PropertiesConfigSource(file, "file", 260))
                .build());
    }

    @Test
    void defaults_are_the_limits_of_linode_and_strict() throws Exception {
        assertThat(read(Map.of()))
                .isEqualTo(new InspectSettings(
                        5_368_709_120L,
                        6_442_450_944L,
                        List.of(".img.gz", ".raw.gz", ".bin.gz"),
                        false,
                        false,
                        0.1,
                        false));
    }

    @Test
    void reads_settings_like_the_daemon() throws Exception {
        Map<String, String> file = Map.of(
                "imageferry.limits.compressed", "1M",
                "imageferry.limits.uncompressed", "12G",
                "imageferry.limits.price-per-gb", "0.2",
                "imageferry.drop.names", ".img.gz, .disk.gz",
                "imageferry.drop.convert", "true",
                "imageferry.drop.drop-free-blocks", "true",
                "imageferry.check.contents", "warn",
                "imageferry.drop.settle", "not looked at");

        assertThat(read(file))
                .isEqualTo(
                        new InspectSettings(1 << 20, 12L << 30, List.of(".img.gz", ".disk.gz"), true, true, 0.2, true));
    }

    @Test
    void refuses_a_bad_value() {
        assertThatThrownBy(() -> read(Map.of("imageferry.limits.compressed", "much")))
                .isInstanceOf(RefusedStartException.class)
                .hasMessageContaining("imageferry.limits.compressed=much");
    }
}
