package dev.imageferry.settings;

import io.quarkus.runtime.configuration.ConfigUtils;
import io.smallrye.config.SmallRyeConfig;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The settings of the commands {@code database …}, from the same sources as those of the daemon.
 *
 * @param directory of the embedded database
 * @param url of the external database; empty to use the embedded one
 */
public record DatabaseSettings(
        Path directory, Optional<String> url, Optional<String> username, Optional<String> password) {
    /**
     * Reads these settings and ignores all others.
     *
     * @throws RefusedStartException if one of them has a bad value
     */
    public static DatabaseSettings read() throws RefusedStartException {
        return read(ConfigUtils.configBuilder().build());
    }

    static DatabaseSettings read(SmallRyeConfig config) throws RefusedStartException {
        for (KnownSetting setting : List.of(
                KnownSettings.DATABASE_DIRECTORY,
                KnownSettings.JDBC,
                KnownSettings.JDBC_USERNAME,
                KnownSettings.JDBC_PASSWORD)) {
            StartSettings.refuseBadValue(config, setting);
        }
        return new DatabaseSettings(
                directory(config),
                StartSettings.value(config, KnownSettings.JDBC),
                StartSettings.value(config, KnownSettings.JDBC_USERNAME),
                StartSettings.value(config, KnownSettings.JDBC_PASSWORD));
    }

    /** The directory of the embedded database, whether it exists or not. */
    static Path directory(SmallRyeConfig config) throws RefusedStartException {
        String directory = StartSettings.valueOrDefault(config, KnownSettings.DATABASE_DIRECTORY);
        try {
            return Path.of(directory);
        } catch (InvalidPathException e) {
            throw new RefusedStartException("Bad value %s=%s: not a valid directory name"
                    .formatted(KnownSettings.DATABASE_DIRECTORY.key(), directory));
        }
    }
}
