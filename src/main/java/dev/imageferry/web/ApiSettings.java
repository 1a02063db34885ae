package dev.imageferry.web;

import io.smallrye.config.ConfigMapping;
import java.util.List;
import java.util.Optional;

/** Who may ask. Declares no {@code toString}: the token is a secret. */
@ConfigMapping(prefix = "imageferry.api")
public interface ApiSettings {
    /** When set, everything but health, metrics and the page's own files asks for it: as a bearer token, or by the page's log-in. */
    Optional<String> token();

    /** The names by which this daemon is called, without ports; those of loopback when not set. */
    Optional<List<String>> hosts();
}
