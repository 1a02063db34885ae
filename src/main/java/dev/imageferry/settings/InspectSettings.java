package dev.imageferry.settings;

import io.quarkus.runtime.configuration.ConfigUtils;
import io.quarkus.runtime.configuration.MemorySizeConverter;
import io.smallrye.config.SmallRyeConfig;
import java.util.List;

/**
 * The settings of the command {@code inspect}, from the same sources as those of the daemon.
 *
 * @param compressedLimit {@code imageferry.limits.compressed}, bytes
 * @param uncompressedLimit {@code imageferry.limits.uncompressed}, bytes
 * @param names {@code imageferry.drop.names}
 * @param convert {@code imageferry.drop.convert}
 * @param dropFreeBlocks {@code imageferry.drop.drop-free-blocks}
 * @param pricePerGb {@code imageferry.limits.price-per-gb}, dollars a month
 * @param onlyWarnOfContents whether {@code imageferry.check.contents} is {@code warn}
 */
public record InspectSettings(
        long compressedLimit,
        long uncompressedLimit,
        List<String> names,
        boolean convert,
        boolean dropFreeBlocks,
        double pricePerGb,
        boolean onlyWarnOfContents) {
    public InspectSettings {
        names = List.copyOf(names);
    }

    /**
     * Reads these settings and ignores all others.
     *
     * @throws RefusedStartException if one of them has a bad value
     */
    public static InspectSettings read() throws RefusedStartException {
        return read(ConfigUtils.configBuilder().build());
    }

    static InspectSettings read(SmallRyeConfig config) throws RefusedStartException {
        for (KnownSetting setting : List.of(
                KnownSettings.LIMIT_COMPRESSED,
                KnownSettings.LIMIT_UNCOMPRESSED,
                KnownSettings.DROP_NAMES,
                KnownSettings.DROP_CONVERT,
                KnownSettings.DROP_FREE_BLOCKS,
                KnownSettings.LIMIT_PRICE,
                KnownSettings.CHECK_CONTENTS)) {
            StartSettings.refuseBadValue(config, setting);
        }
        return new InspectSettings(
                bytes(config, KnownSettings.LIMIT_COMPRESSED),
                bytes(config, KnownSettings.LIMIT_UNCOMPRESSED),
                List.of(StartSettings.valueOrDefault(config, KnownSettings.DROP_NAMES)
                        .split("\\s*,\\s*")),
                Boolean.parseBoolean(StartSettings.valueOrDefault(config, KnownSettings.DROP_CONVERT)),
                Boolean.parseBoolean(StartSettings.valueOrDefault(config, KnownSettings.DROP_FREE_BLOCKS)),
                Double.parseDouble(StartSettings.valueOrDefault(config, KnownSettings.LIMIT_PRICE)),
                StartSettings.valueOrDefault(config, KnownSettings.CHECK_CONTENTS)
                        .equalsIgnoreCase("warn"));
    }

    private static long bytes(SmallRyeConfig config, KnownSetting setting) throws RefusedStartException {
        return new MemorySizeConverter()
                .convert(StartSettings.valueOrDefault(config, setting))
                .asLongValue();
    }
}
