package dev.imageferry.log;

import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import jakarta.interceptor.Interceptor;
import java.util.Collections;
import org.jboss.logmanager.ExtFormatter;
import org.jboss.logmanager.ExtHandler;
import org.jboss.logmanager.LogContext;
import org.jboss.logmanager.Logger;

/** Wraps the formatter of every configured log handler in a {@link SafeFormatter}. */
@Singleton
final class LogEscaping {
    void begin(@Observes @Priority(Interceptor.Priority.PLATFORM_BEFORE) StartupEvent event) {
        LogContext context = LogContext.getLogContext();
        escape(context.getLogger("").getHandlers());
        for (String name : Collections.list(context.getLoggerNames())) {
            Logger logger = context.getLoggerIfExists(name);
            if (logger != null) {
                escape(logger.getHandlers());
            }
        }
    }

    private static void escape(java.util.logging.Handler[] handlers) {
        for (java.util.logging.Handler handler : handlers) {
            if (handler.getFormatter() != null && !(handler.getFormatter() instanceof SafeFormatter)) {
                handler.setFormatter(new SafeFormatter(ExtFormatter.wrap(handler.getFormatter(), false)));
            }
            if (handler instanceof ExtHandler extended) {
                escape(extended.getHandlers());
            }
        }
    }
}
