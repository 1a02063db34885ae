package dev.imageferry.queue;

import jakarta.enterprise.context.ApplicationScoped;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** The name of this instance: the setting, or the host name and random digits. */
@ApplicationScoped
public class InstanceName {
    private final String value;

    InstanceName(@ConfigProperty(name = "imageferry.instance") Optional<String> configured) {
        value = configured.orElseGet(() -> hostName() + "-"
                + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt()));
    }

    public String value() {
        return value;
    }

    /** Returns the name of this host. */
    public static String hostName() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "localhost"; // the host name does not resolve; the random digits still make the name unique
        }
    }
}
