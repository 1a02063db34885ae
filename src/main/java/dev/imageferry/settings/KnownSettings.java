package dev.imageferry.settings;

import static dev.imageferry.settings.ValueKind.API_URL;
import static dev.imageferry.settings.ValueKind.BANDWIDTH;
import static dev.imageferry.settings.ValueKind.BOOLEAN;
import static dev.imageferry.settings.ValueKind.BYTES;
import static dev.imageferry.settings.ValueKind.DURATION;
import static dev.imageferry.settings.ValueKind.HTTP_URL;
import static dev.imageferry.settings.ValueKind.JDBC_URL;
import static dev.imageferry.settings.ValueKind.LIST;
import static dev.imageferry.settings.ValueKind.PORT;
import static dev.imageferry.settings.ValueKind.POSITIVE_DURATION;
import static dev.imageferry.settings.ValueKind.POSITIVE_INT;
import static dev.imageferry.settings.ValueKind.PRICE;
import static dev.imageferry.settings.ValueKind.PROXY;
import static dev.imageferry.settings.ValueKind.SECRET;
import static dev.imageferry.settings.ValueKind.TEXT;
import static dev.imageferry.settings.ValueKind.TIME_ZONE;
import static dev.imageferry.settings.ValueKind.TOKEN;
import static dev.imageferry.settings.ValueKind.oneOf;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;

/** All settings of Imageferry with format and default, as in docs/settings.md. */
final class KnownSettings {
    static final String PREFIX = "imageferry.";

    static final KnownSetting DROP_DIRECTORY = new KnownSetting("imageferry.drop.directory", TEXT, "data/drop");
    static final KnownSetting DROP_NAMES = new KnownSetting("imageferry.drop.names", LIST, ".img.gz,.raw.gz,.bin.gz");
    static final KnownSetting DROP_CONVERT = new KnownSetting("imageferry.drop.convert", BOOLEAN, "false");
    static final KnownSetting DROP_FREE_BLOCKS = new KnownSetting("imageferry.drop.drop-free-blocks", BOOLEAN, "false");
    static final KnownSetting DATABASE_DIRECTORY =
            new KnownSetting("imageferry.database.directory", TEXT, "data/postgres");
    static final KnownSetting LINODE_TOKEN = new KnownSetting("imageferry.linode.token", TOKEN, "");
    static final KnownSetting LINODE_TOKEN_FILE = new KnownSetting("imageferry.linode.token-file", TEXT, "");
    static final KnownSetting NETWORK_CA = new KnownSetting("imageferry.network.ca", TEXT, "");
    static final KnownSetting NETWORK_PROXY = new KnownSetting("imageferry.network.proxy", PROXY, "");
    static final KnownSetting LIMIT_COMPRESSED = new KnownSetting("imageferry.limits.compressed", BYTES, "5368709120");
    static final KnownSetting LIMIT_UNCOMPRESSED =
            new KnownSetting("imageferry.limits.uncompressed", BYTES, "6442450944");
    static final KnownSetting LIMIT_PRICE = new KnownSetting("imageferry.limits.price-per-gb", PRICE, "0.10");
    static final KnownSetting CHECK_CONTENTS =
            new KnownSetting("imageferry.check.contents", oneOf("strict", "warn"), "strict");
    static final KnownSetting SHUTDOWN_GRACE = new KnownSetting("imageferry.shutdown.grace", DURATION, "20s");
    static final KnownSetting NOTIFY_SECRET = new KnownSetting("imageferry.notify.secret", SECRET, "");
    static final KnownSetting API_TOKEN = new KnownSetting("imageferry.api.token", TOKEN, "");
    static final KnownSetting HTTP_HOST = new KnownSetting("quarkus.http.host", TEXT, "127.0.0.1");
    static final KnownSetting JDBC = new KnownSetting("quarkus.datasource.jdbc.url", JDBC_URL, "");
    static final KnownSetting JDBC_USERNAME = new KnownSetting("quarkus.datasource.username", TEXT, "");
    static final KnownSetting JDBC_PASSWORD = new KnownSetting("quarkus.datasource.password", TEXT, "");

    static final List<KnownSetting> ALL = List.of(
            DROP_DIRECTORY,
            DROP_NAMES,
            new KnownSetting("imageferry.drop.settle", DURATION, "5s"),
            new KnownSetting("imageferry.drop.scan-every", POSITIVE_DURATION, "2s"),
            new KnownSetting("imageferry.drop.incomplete-after", DURATION, "10m"),
            new KnownSetting("imageferry.drop.when-done", oneOf("move", "delete", "keep"), "move"),
            new KnownSetting("imageferry.drop.deduplicate", BOOLEAN, "true"),
            DROP_CONVERT,
            DROP_FREE_BLOCKS,
            DATABASE_DIRECTORY,
            JDBC,
            JDBC_USERNAME,
            JDBC_PASSWORD,
            LINODE_TOKEN,
            LINODE_TOKEN_FILE,
            new KnownSetting("imageferry.linode.url", API_URL, "https://api.linode.com"),
            NETWORK_CA,
            NETWORK_PROXY,
            new KnownSetting("imageferry.network.no-proxy", LIST, ""),
            new KnownSetting("imageferry.image.label", TEXT, "{name}"),
            new KnownSetting("imageferry.image.region", TEXT, ""),
            new KnownSetting("imageferry.image.tags", LIST, ""),
            new KnownSetting("imageferry.image.description", TEXT, "{file}"),
            new KnownSetting("imageferry.image.cloud-init", BOOLEAN, "false"),
            new KnownSetting("imageferry.image.replicate-to", LIST, ""),
            new KnownSetting("imageferry.image.family", TEXT, ""),
            new KnownSetting("imageferry.image.keep", POSITIVE_INT, ""),
            LIMIT_COMPRESSED,
            LIMIT_UNCOMPRESSED,
            LIMIT_PRICE,
            // default: number of cores
            new KnownSetting("imageferry.check.concurrency", POSITIVE_INT, ""),
            CHECK_CONTENTS,
            new KnownSetting("imageferry.upload.concurrency", POSITIVE_INT, "4"),
            new KnownSetting("imageferry.upload.bandwidth", BANDWIDTH, "off"),
            // default: the time zone of the system
            new KnownSetting("imageferry.upload.time-zone", TIME_ZONE, ""),
            new KnownSetting("imageferry.upload.stall-timeout", POSITIVE_DURATION, "60s"),
            new KnownSetting("imageferry.upload.answer-timeout", POSITIVE_DURATION, "10m"),
            new KnownSetting("imageferry.retry.max-attempts", POSITIVE_INT, "8"),
            new KnownSetting("imageferry.retry.initial-delay", POSITIVE_DURATION, "2s"),
            new KnownSetting("imageferry.retry.max-delay", POSITIVE_DURATION, "10m"),
            new KnownSetting("imageferry.poll.initial-delay", POSITIVE_DURATION, "2s"),
            new KnownSetting("imageferry.poll.max-delay", POSITIVE_DURATION, "30s"),
            new KnownSetting("imageferry.poll.timeout", POSITIVE_DURATION, "2h"),
            new KnownSetting("imageferry.lease.duration", POSITIVE_DURATION, "120s"),
            SHUTDOWN_GRACE,
            new KnownSetting("imageferry.history.keep", POSITIVE_DURATION, "365d"),
            new KnownSetting("imageferry.notify.url", HTTP_URL, ""),
            NOTIFY_SECRET,
            // default: host name and a random suffix
            new KnownSetting("imageferry.instance", TEXT, ""),
            API_TOKEN,
            // default: the loopback names
            new KnownSetting("imageferry.api.hosts", LIST, ""),
            HTTP_HOST,
            new KnownSetting("quarkus.http.port", PORT, "8080"));

    private static final Map<String, KnownSetting> BY_KEY =
            ALL.stream().collect(Collectors.toMap(KnownSetting::key, Function.identity()));
    private static final Map<String, KnownSetting> BY_ENVIRONMENT_NAME =
            ALL.stream().collect(Collectors.toMap(KnownSetting::environmentName, Function.identity()));

    private KnownSettings() {}

    /** The setting with this key. The element of a list, {@code imageferry.image.tags[0]}, has the key of the list. */
    static Optional<KnownSetting> byKey(String key) {
        return Optional.ofNullable(BY_KEY.get(key.replaceFirst("\\[\\d+]$", "")));
    }

    static Optional<KnownSetting> byEnvironmentName(String name) {
        return Optional.ofNullable(BY_ENVIRONMENT_NAME.get(name.replaceFirst("_\\d+_$", "")));
    }

    /** The known key with the smallest edit distance. */
    static KnownSetting nearestTo(String key) {
        return nearest(setting -> editDistance(setting.key(), key));
    }

    static KnownSetting nearestToEnvironmentName(String name) {
        return nearest(setting -> editDistance(setting.environmentName(), name));
    }

    private static KnownSetting nearest(ToIntFunction<KnownSetting> distance) {
        return ALL.stream()
                .filter(setting -> setting.key().startsWith(PREFIX))
                .min(Comparator.comparingInt(distance))
                .orElseThrow();
    }

    /** The Levenshtein distance, computed row by row. */
    private static int editDistance(String from, String to) {
        int[] row = new int[to.length() + 1];
        for (int j = 0; j < row.length; j++) {
            row[j] = j;
        }
        for (int i = 1; i <= from.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j < row.length; j++) {
                int replaced = diagonal + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[to.length()];
    }
}
