package dev.imageferry.notify;

import io.smallrye.config.ConfigMapping;
import java.util.Optional;

/**
 * Settings of the webhook, {@code imageferry.notify.*}. Has no {@code toString}, because the secret is one and the URL can
 * contain one.
 */
@ConfigMapping(prefix = "imageferry.notify")
public interface NotifySettings {
    /** Where each outcome is posted, http or https. Without it, there are no notifications. */
    Optional<String> url();

    /** The key of the signature. Without it, notifications are not signed. */
    Optional<String> secret();
}
