package dev.imageferry.daemon;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.imageferry.job.JobView;
import dev.imageferry.notify.DeliveryCounters;
import dev.imageferry.notify.NotificationSender;
import dev.imageferry.notify.NotifySettings;
import dev.imageferry.notify.Receiver;
import dev.imageferry.queue.Notifications;
import dev.imageferry.queue.Outbox;
import dev.imageferry.worker.DatabaseRetry;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Creates the parts of the webhook. Without {@code imageferry.notify.url}, notifications are neither written nor sent. */
@Singleton
final class Webhook {
    private static final Logger LOG = Logger.getLogger(Webhook.class);
    private static final Duration SEND_EVERY = Duration.ofSeconds(1);

    private final @Nullable NotificationSender senderOrNull;

    Webhook(
            NotifySettings notify,
            Composition.Settings settings,
            Composition.Parts parts,
            Notifications notifications,
            @ConfigProperty(name = "quarkus.application.version") String version,
            MeterRegistry registry) {
        DeliveryCounters counters = new DeliveryCounters(registry);
        this.senderOrNull = given(notify.url())
                .map(url -> new Receiver(
                        url, given(notify.secret()).orElse(null), version, parts.clock(), Receiver.TIMEOUT))
                .map(receiver -> new NotificationSender(
                        notifications,
                        receiver,
                        settings.retry().policy(),
                        parts.random(),
                        new DatabaseRetry(parts.gates(), parts.connections(), parts.pause()),
                        parts.gates(),
                        counters,
                        task -> parts.starter().start("imageferry-notify", task)))
                .orElse(null);
    }

    @Produces
    @Singleton
    static Outbox outbox(NotifySettings notify, Composition.Settings settings, ObjectMapper json) {
        return given(notify.url()).isEmpty()
                ? Outbox.UNUSED
                : Outbox.with(ended -> {
                    try {
                        return json.writeValueAsString(JobView.of(ended, settings.terms(), null));
                    } catch (JsonProcessingException e) {
                        throw new IllegalStateException("job " + ended.id() + " cannot be written as JSON", e);
                    }
                });
    }

    /** The value as the check of the settings reads it: stripped, and absent if it is blank. */
    private static Optional<String> given(Optional<String> setting) {
        return setting.map(String::strip).filter(value -> !value.isEmpty());
    }

    /** Sends due notifications from now on. */
    void start(Schedule schedule) {
        NotificationSender sender = senderOrNull;
        if (sender != null) {
            LOG.infof("webhook enabled receiver=%s", sender.receiver());
            schedule.every(SEND_EVERY, "notify", this::sendDue);
        }
    }

    /** Sends what is due. */
    void sendDue() {
        if (senderOrNull != null) {
            senderOrNull.sendDue();
        }
    }

    /** Starts no further attempts. */
    void stop() {
        if (senderOrNull != null) {
            senderOrNull.stop();
        }
    }

    /** Cuts the attempts in progress, and waits for the writes about them. */
    void close(Duration limit) throws InterruptedException {
        if (senderOrNull != null) {
            senderOrNull.close(limit);
        }
    }
}
