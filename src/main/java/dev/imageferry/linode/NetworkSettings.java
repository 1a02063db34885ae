package dev.imageferry.linode;

import io.smallrye.config.ConfigMapping;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * How connections to Linode leave this host, {@code imageferry.network.*}. Has no {@code toString}, because a proxy can have a
 * password.
 */
@ConfigMapping(prefix = "imageferry.network")
public interface NetworkSettings {
    /** A PEM file with certificate authorities that are trusted in addition to those of Java. */
    Optional<Path> ca();

    /** The proxy for https, such as {@code http://user:password@proxy.example.com:3128}. */
    Optional<String> proxy();

    /**
     * Hosts that are connected without the proxy, in the form of {@code no_proxy}: names, which include their subdomains,
     * addresses and networks, with or without a port, or {@code *}. Loopback hosts never use it.
     */
    Optional<List<String>> noProxy();
}
