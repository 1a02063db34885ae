package dev.imageferry.linode;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;

/** Settings of Linode's API, {@code imageferry.linode.*}. Has no {@code toString}, because the token is a secret. */
@ConfigMapping(prefix = "imageferry.linode")
public interface LinodeSettings {
    /** A personal access token with the scopes {@code images:read_write} and {@code events:read_only}. */
    Optional<String> token();

    /** A file with the token, which is read again when it changes. Takes precedence over {@link #token()}. */
    Optional<Path> tokenFile();

    /** The API without its version; {@code /v4} is added. {@code http} only for a loopback host. */
    @WithDefault("https://api.linode.com")
    URI url();
}
