package dev.imageferry.log;

import java.util.HashMap;
import java.util.Map;
import org.jboss.logmanager.ExtFormatter;
import org.jboss.logmanager.ExtLogRecord;
import org.jboss.logmanager.formatters.StructuredFormatter;
import org.jspecify.annotations.Nullable;

/**
 * Escapes everything in a log record that can contain untrusted text (message, thread, logger, MDC, NDC and the messages of
 * exceptions) before another formatter formats it.
 */
final class SafeFormatter extends ExtFormatter.Delegating {
    SafeFormatter(ExtFormatter formatter) {
        super(formatter);
    }

    @Override
    public String format(ExtLogRecord record) {
        // JSON escapes line breaks itself, and needs the original exceptions for their classes
        return delegate instanceof StructuredFormatter
                ? LogText.ofJson(delegate.format(record))
                : delegate.format(escaped(record));
    }

    private ExtLogRecord escaped(ExtLogRecord record) {
        ExtLogRecord safe = new ExtLogRecord(record);
        safe.setMessage(escaped(formatMessage(record)), ExtLogRecord.FormatStyle.NO_FORMAT);
        safe.setParameters(null);
        safe.setResourceBundle(null);
        safe.setLoggerName(escaped(record.getLoggerName()));
        safe.setThreadName(escaped(record.getThreadName()));
        safe.setNdc(escaped(record.getNdc()));
        Map<String, String> mdc = new HashMap<>();
        record.getMdcCopy().forEach((key, value) -> mdc.put(LogText.of(key), LogText.of(value)));
        safe.setMdc(mdc);
        Throwable thrown = record.getThrown();
        if (thrown != null) {
            safe.setThrown(SafeThrowable.of(thrown));
        }
        return safe;
    }

    private static @Nullable String escaped(@Nullable String text) {
        return text == null ? null : LogText.of(text);
    }
}
