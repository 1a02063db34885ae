package dev.imageferry.notify;

import dev.imageferry.queue.Notification;
import java.time.Duration;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Logs a failure of the receiver once until the reason changes, because every notification repeats it while it is away. */
final class ReceiverLog {
    private static final Logger LOG = Logger.getLogger(ReceiverLog.class);

    private final String receiver;
    private @Nullable String reason;

    ReceiverLog(String receiver) {
        this.receiver = receiver;
    }

    synchronized void delivered(Notification notification) {
        if (reason != null) {
            reason = null;
            LOG.infof("webhook receiver accepts notifications again receiver=%s", receiver);
        }
        LOG.debugf(
                "notification delivered job=%s delivery=%s outcome=%s attempt=%s",
                notification.jobId(), notification.delivery(), notification.outcome(), notification.attempt());
    }

    synchronized void failed(Notification notification, String newReason, Duration pause) {
        Logger.Level level = newReason.equals(reason) ? Logger.Level.DEBUG : Logger.Level.WARN;
        reason = newReason;
        LOG.logf(
                level,
                "notification not delivered, retrying job=%s delivery=%s attempt=%s in=%s receiver=%s reason=%s",
                notification.jobId(),
                notification.delivery(),
                notification.attempt(),
                pause,
                receiver,
                newReason);
    }

    void gaveUp(Notification notification, String lastReason) {
        LOG.warnf(
                "notification given up job=%s delivery=%s outcome=%s attempt=%s receiver=%s reason=%s",
                notification.jobId(),
                notification.delivery(),
                notification.outcome(),
                notification.attempt(),
                receiver,
                lastReason);
    }
}
