package dev.imageferry.settings;

import dev.imageferry.job.Reason;
import io.quarkus.runtime.configuration.ConfigUtils;
import io.quarkus.runtime.configuration.DurationConverter;
import io.smallrye.config.ConfigValue;
import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SysPropConfigSource;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.eclipse.microprofile.config.spi.ConfigSource;

/**
 * Validates all settings before anything starts, so that a mistake ends the start with a one-line message instead of a stack
 * trace.
 *
 * @param databaseDirectory the directory of the embedded database
 * @param usesEmbeddedDatabase whether no external database is configured
 * @param shutdownGrace how long a shutdown waits for running uploads
 */
public record StartSettings(Path databaseDirectory, boolean usesEmbeddedDatabase, Duration shutdownGrace) {
    /** System properties that are refused, because {@code ps} shows them to all users. */
    private static final Set<String> SECRETS = Set.of(
            KnownSettings.LINODE_TOKEN.key(),
            KnownSettings.API_TOKEN.key(),
            KnownSettings.NOTIFY_SECRET.key(),
            KnownSettings.NETWORK_PROXY.key(),
            "LINODE_TOKEN",
            "LINODE_CLI_TOKEN");

    /** Used by the commands that talk to a daemon, and by the tests of this project, which start daemons. */
    private static final Set<String> NOT_SETTINGS = Set.of("IMAGEFERRY_URL", "IMAGEFERRY_CI");

    /** Variables that Kubernetes sets in every container for a service whose name begins with "imageferry". */
    private static final Pattern KUBERNETES_SERVICE = Pattern.compile(
            "IMAGEFERRY(_\\w+)?_(SERVICE_HOST|SERVICE_PORT(_\\w+)?|PORT(_\\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)");

    private static final String ENVIRONMENT_PREFIX = "IMAGEFERRY_";
    private static final Pattern PROFILE = Pattern.compile("^%[^.]+\\.");
    private static final Pattern FILE_SOURCE = Pattern.compile("source=file:(?://)?([^]]+)]");

    /**
     * Validates the settings of this process, from the configuration sources of Quarkus, and creates the drop folder.
     *
     * @throws RefusedStartException with the first mistake
     */
    public static StartSettings check() throws RefusedStartException {
        SmallRyeConfig config = ConfigUtils.configBuilder().build();
        return check(config, System.getProperty("sun.jnu.encoding", ""));
    }

    static StartSettings check(SmallRyeConfig config, String fileNameEncoding) throws RefusedStartException {
        refuseSecretsOnTheCommandLine(config);
        refuseUnknownKeys(config);
        for (KnownSetting setting : KnownSettings.ALL) {
            refuseBadValue(config, setting);
        }
        requireLinodeToken(config);
        requireCertificates(config);
        requireTokenBeyondLoopback(config);
        if (!fileNameEncoding.equalsIgnoreCase("UTF-8")) {
            throw new RefusedStartException(
                    "Files with non-ASCII names cannot be opened, because sun.jnu.encoding is %s instead of UTF-8: start with LC_ALL=C.UTF-8"
                            .formatted(fileNameEncoding));
        }
        directory(config, KnownSettings.DROP_DIRECTORY);
        boolean embedded = value(config, KnownSettings.JDBC).isEmpty();
        return new StartSettings(
                embedded ? directory(config, KnownSettings.DATABASE_DIRECTORY) : DatabaseSettings.directory(config),
                embedded,
                new DurationConverter().convert(valueOrDefault(config, KnownSettings.SHUTDOWN_GRACE)));
    }

    private static void refuseSecretsOnTheCommandLine(SmallRyeConfig config) throws RefusedStartException {
        for (ConfigSource source : config.getConfigSources()) {
            if (source.getName().equals(SysPropConfigSource.NAME)) {
                for (String name : source.getPropertyNames()) {
                    if (SECRETS.contains(PROFILE.matcher(name).replaceFirst(""))) {
                        throw new RefusedStartException(
                                "Tokens and secrets are not accepted on the command line: set %s in the environment or in config/imageferry.properties"
                                        .formatted(name));
                    }
                }
            }
        }
    }

    private static void refuseUnknownKeys(SmallRyeConfig config) throws RefusedStartException {
        boolean kubernetes = config.getConfigValue("KUBERNETES_SERVICE_HOST").getValue() != null;
        for (ConfigSource source : config.getConfigSources()) {
            Set<String> names = source.getPropertyNames();
            for (String raw : names) {
                String name = PROFILE.matcher(raw).replaceFirst("");
                if (name.startsWith(ENVIRONMENT_PREFIX)) {
                    boolean ignored = NOT_SETTINGS.contains(name)
                            || (kubernetes && KUBERNETES_SERVICE.matcher(name).matches());
                    if (!ignored && KnownSettings.byEnvironmentName(name).isEmpty()) {
                        KnownSetting nearest = KnownSettings.nearestToEnvironmentName(name);
                        throw unknown("environment variable " + name, nearest.environmentName());
                    }
                } else if (name.startsWith(KnownSettings.PREFIX)
                        // the configuration source of the environment adds a guessed key for each variable
                        && !names.contains(KnownSetting.environmentName(name))
                        && KnownSettings.byKey(name).isEmpty()) {
                    throw unknown(
                            name + " (" + origin(source.getName(), name) + ")",
                            KnownSettings.nearestTo(name).key());
                }
            }
        }
    }

    private static RefusedStartException unknown(String what, String nearest) {
        return new RefusedStartException("Unknown setting %s: did you mean %s?".formatted(what, nearest));
    }

    static void refuseBadValue(SmallRyeConfig config, KnownSetting setting) throws RefusedStartException {
        ConfigValue found = found(config, setting);
        String value = found.getValue();
        if (value == null || (value.isBlank() && setting.mayBeEmpty())) {
            return;
        }
        if (value.isBlank() || !setting.kind().accepts().test(value.strip())) {
            throw new RefusedStartException("Bad value %s%s (%s): %s"
                    .formatted(
                            setting.key(),
                            setting.secret() ? "" : "=" + oneLine(value),
                            origin(Objects.toString(found.getConfigSourceName(), ""), setting.key()),
                            setting.kind().remedy().apply(value.strip())));
        }
    }

    private static void requireLinodeToken(SmallRyeConfig config) throws RefusedStartException {
        Optional<String> file = value(config, KnownSettings.LINODE_TOKEN_FILE);
        if (file.isPresent()) {
            requireToken(file.get());
        } else if (value(config, KnownSettings.LINODE_TOKEN).isEmpty()) {
            throw new RefusedStartException(
                    "No Linode token: set imageferry.linode.token (LINODE_TOKEN or LINODE_CLI_TOKEN in the environment) or imageferry.linode.token-file");
        }
    }

    private static void requireToken(String file) throws RefusedStartException {
        String error;
        try {
            String token =
                    Files.readString(Path.of(file), StandardCharsets.ISO_8859_1).strip();
            if (ValueKind.TOKEN.accepts().test(token)) {
                return;
            }
            error = token.isEmpty() ? "the file is empty" : "the file must contain " + ValueKind.TOKEN.description();
        } catch (IOException e) {
            error = "cannot read the file: " + Reason.of(e);
        } catch (InvalidPathException e) {
            error = "not a valid file name: " + Reason.of(e);
        }
        throw new RefusedStartException(
                "Bad value %s=%s: %s".formatted(KnownSettings.LINODE_TOKEN_FILE.key(), oneLine(file), error));
    }

    private static void requireCertificates(SmallRyeConfig config) throws RefusedStartException {
        String file = value(config, KnownSettings.NETWORK_CA).orElse("");
        if (file.isEmpty()) {
            return;
        }
        String error;
        try (InputStream in = Files.newInputStream(Path.of(file))) {
            if (!CertificateFactory.getInstance("X.509")
                    .generateCertificates(in)
                    .isEmpty()) {
                return;
            }
            error = "the file contains no certificate: expected PEM";
        } catch (CertificateException e) {
            error = "the file does not contain certificates in PEM form";
        } catch (IOException e) {
            error = "cannot read the file: " + Reason.of(e);
        } catch (InvalidPathException e) {
            error = "not a valid file name: " + Reason.of(e);
        }
        throw new RefusedStartException(
                "Bad value %s=%s: %s".formatted(KnownSettings.NETWORK_CA.key(), oneLine(file), error));
    }

    private static void requireTokenBeyondLoopback(SmallRyeConfig config) throws RefusedStartException {
        String host = valueOrDefault(config, KnownSettings.HTTP_HOST);
        if (value(config, KnownSettings.API_TOKEN).isPresent()) {
            return;
        }
        boolean loopback;
        try {
            loopback = InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            throw new RefusedStartException("Bad value %s=%s: not an address of this host"
                    .formatted(KnownSettings.HTTP_HOST.key(), oneLine(host)));
        }
        if (!loopback) {
            throw new RefusedStartException(
                    "%s=%s is reachable from other hosts, which requires a token: set %s, or listen on 127.0.0.1"
                            .formatted(KnownSettings.HTTP_HOST.key(), oneLine(host), KnownSettings.API_TOKEN.key()));
        }
    }

    /** The directory of a setting, created if it is missing. */
    private static Path directory(SmallRyeConfig config, KnownSetting setting) throws RefusedStartException {
        String value = valueOrDefault(config, setting);
        try {
            Path directory = Path.of(value).toAbsolutePath();
            // createDirectories does not accept a symbolic link to a directory
            if (!Files.isDirectory(directory)) {
                Path missing = setting.equals(KnownSettings.DATABASE_DIRECTORY) ? directory.getParent() : directory;
                // the database creates its own directory with private permissions
                Files.createDirectories(Objects.requireNonNullElse(missing, directory));
            } else if (!Files.isWritable(directory)) {
                throw new RefusedStartException("Bad value %s=%s: this user cannot write to the directory"
                        .formatted(setting.key(), oneLine(value)));
            }
            return directory;
        } catch (IOException e) {
            throw new RefusedStartException("Bad value %s=%s: cannot create the directory: %s"
                    .formatted(setting.key(), oneLine(value), Reason.of(e)));
        } catch (InvalidPathException e) {
            throw new RefusedStartException("Bad value %s=%s: not a valid directory name: %s"
                    .formatted(setting.key(), oneLine(value), Reason.of(e)));
        }
    }

    static Optional<String> value(SmallRyeConfig config, KnownSetting setting) throws RefusedStartException {
        return Optional.ofNullable(found(config, setting).getValue())
                .map(String::strip)
                .filter(value -> !value.isEmpty());
    }

    static String valueOrDefault(SmallRyeConfig config, KnownSetting setting) throws RefusedStartException {
        return value(config, setting).orElse(setting.defaultValue());
    }

    private static ConfigValue found(SmallRyeConfig config, KnownSetting setting) throws RefusedStartException {
        ConfigValue found;
        try {
            found = config.getConfigValue(setting.key());
        } catch (NoSuchElementException | IllegalArgumentException e) {
            throw unresolved(setting);
        }
        if (found.hasProblems()) {
            throw unresolved(setting);
        }
        return found;
    }

    /** Without the message of the library, which may contain the value. */
    private static RefusedStartException unresolved(KnownSetting setting) {
        return new RefusedStartException(
                "Bad value of %s: it contains a ${...} that cannot be resolved".formatted(setting.key()));
    }

    private static String origin(String source, String key) {
        if (source.equals(SysPropConfigSource.NAME)) {
            return "system property";
        }
        if (source.equals(EnvConfigSource.NAME)) {
            return "environment variable " + KnownSetting.environmentName(key);
        }
        Matcher file = FILE_SOURCE.matcher(source);
        if (file.find()) {
            Path path = Path.of(file.group(1));
            Path here = Path.of("").toAbsolutePath();
            return (path.startsWith(here) ? here.relativize(path) : path).toString();
        }
        // an alias such as LINODE_URL
        return "from the environment";
    }

    private static String oneLine(String text) {
        return text.replaceAll("\\s*[\\r\\n]+\\s*", " ");
    }
}
