package dev.imageferry.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.Map;
import org.junit.jupiter.api.Test;

class InspectSettingsTest {
    private static InspectSettings read(Map<String, String> file) throws RefusedStartException {
        return InspectSettings.read(new SmallRyeConfigBuilder()
                .withSources(new PropertiesConfigSource(file, "file", 260))
                .build());
    }

    @Test
    void are_linode_s_limits_and_strict_when_nothing_is_set() throws Exception {
        assertThat(read(Map.of())).isEqualTo(new InspectSettings(5_368_709_120L, 6_442_450_944L, false));
    }

    @Test
    void are_read_as_the_daemon_reads_them() throws Exception {
        Map<String, String> file = Map.of(
                "imageferry.limits.compressed", "1M",
                "imageferry.limits.uncompressed", "12G",
                "imageferry.check.contents", "warn",
                "imageferry.drop.settle", "not looked at");

        assertThat(read(file)).isEqualTo(new InspectSettings(1 << 20, 12L << 30, true));
    }

    @Test
    void refuse_a_bad_value() {
        assertThatThrownBy(() -> read(Map.of("imageferry.limits.compressed", "much")))
                .isInstanceOf(RefusedStartException.class)
                .hasMessageContaining("imageferry.limits.compressed=much");
    }
}
