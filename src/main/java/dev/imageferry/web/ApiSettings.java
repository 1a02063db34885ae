package dev.imageferry.web;

import io.smallrye.config.ConfigMapping;
import java.util.List;
import java.util.Optional;

/** Access to the HTTP interface. Has no {@code toString}, because the token is a secret. */
@ConfigMapping(prefix = "imageferry.api")
public interface ApiSettings {
    /** If set, everything but health, metrics and the static files of the page requires it, as bearer token or by log-in. */
    Optional<String> token();

    /** The accepted host names, without ports. Default: the loopback names. */
    Optional<List<String>> hosts();
}
