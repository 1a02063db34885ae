package dev.imageferry.daemon;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.jboss.logmanager.formatters.PatternFormatter;

/** Captures the log lines of classes, each as level and message. */
public final class LogCapture extends Handler implements AutoCloseable {
    private final List<String> lines = new CopyOnWriteArrayList<>();
    private final PatternFormatter format = new PatternFormatter("%p %s");
    private final List<Logger> loggers;

    private LogCapture(List<Logger> loggers) {
        this.loggers = loggers;
        loggers.forEach(logger -> {
            logger.setLevel(Level.INFO);
            logger.addHandler(this);
        });
    }

    public static LogCapture on(Class<?>... classes) {
        return new LogCapture(
                Stream.of(classes).map(each -> Logger.getLogger(each.getName())).toList());
    }

    public List<String> lines() {
        return List.copyOf(lines);
    }

    @Override
    public void publish(LogRecord line) {
        lines.add(format.format(line));
    }

    @Override
    public void flush() {}

    @Override
    public void close() {
        loggers.forEach(logger -> logger.removeHandler(this));
    }
}
