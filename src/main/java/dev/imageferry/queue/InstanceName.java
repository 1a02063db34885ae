package dev.imageferry.queue;

import jakarta.enterprise.context.ApplicationScoped;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** By what name this process holds its jobs: the setting, or host name and random digits. */
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

    /** The name of this host. */
    public static String hostName() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "localhost"; // a host that does not know its own name; the digits still tell instances apart
        }
    }
}
