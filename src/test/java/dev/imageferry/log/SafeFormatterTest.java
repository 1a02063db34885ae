package dev.imageferry.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.logging.json.runtime.JsonFormatter;
import java.io.IOException;
import java.util.Map;
import org.jboss.logmanager.ExtLogRecord;
import org.jboss.logmanager.Level;
import org.jboss.logmanager.formatters.PatternFormatter;
import org.junit.jupiter.api.Test;

class SafeFormatterTest {
    private static final String FORGED = "x.img.gz\n2026-01-01 INFO all is well\u202e\u009b2J";
    private static final String SHOWN = "x.img.gz\\u000a2026-01-01 INFO all is well\\u202e\\u009b2J";

    @Test
    void no_part_of_a_record_can_start_a_line() {
        ExtLogRecord record = record("received file=%s");
        record.setParameters(new Object[] {FORGED});
        record.setLoggerName("logger " + FORGED);
        record.setThreadName("put-" + FORGED);
        record.setNdc("ndc " + FORGED);
        record.setMdc(Map.of("job", FORGED));

        String line = new SafeFormatter(new PatternFormatter("%c|%t|%X{job}|%x|%s%n")).format(record);

        assertThat(line)
                .isEqualTo("logger " + SHOWN + "|put-" + SHOWN + "|" + SHOWN + "|ndc " + SHOWN + "|received file="
                        + SHOWN + System.lineSeparator());
    }

    @Test
    void messages_of_exceptions_cannot_start_a_line() {
        IOException cause = new IOException("cannot read " + FORGED);
        RuntimeException thrown = new IllegalStateException("outer " + FORGED, cause);
        thrown.addSuppressed(new IllegalArgumentException("suppressed " + FORGED));
        cause.addSuppressed(thrown); // a cycle
        ExtLogRecord record = record("failed");
        record.setThrown(thrown);

        String text = new SafeFormatter(new PatternFormatter("%s%e%n")).format(record);

        assertThat(text)
                .contains(
                        "java.lang.IllegalStateException: outer " + SHOWN,
                        "Suppressed: java.lang.IllegalArgumentException: suppressed " + SHOWN,
                        "Caused by: java.io.IOException: cannot read " + SHOWN,
                        "messages_of_exceptions_cannot_start_a_line")
                .doesNotContain("\n2026", "\u202e", "\u009b");
    }

    @Test
    void keeps_an_exception_that_needs_no_escaping() {
        RuntimeException thrown = new IllegalStateException("plain", new IOException("too"));

        assertThat(SafeThrowable.of(thrown)).isSameAs(thrown);
    }

    @Test
    void json_stays_valid_and_contains_the_same_text() {
        ExtLogRecord record = record("file " + FORGED);
        record.setThrown(new IllegalStateException(FORGED));

        String json = new SafeFormatter(new JsonFormatter()).format(record);

        assertThat(json)
                .contains("file x.img.gz\\n2026-01-01 INFO all is well\\u202e\\u009b2J", "IllegalStateException")
                .doesNotContain("\u202e", "\u009b");
        assertThat(json.strip()).doesNotContain("\n");
    }

    @Test
    void does_not_change_safe_text() {
        PatternFormatter formatter = new PatternFormatter("%p [%c] (%t) %s%e%n");
        ExtLogRecord record = record("job=%s file=%s");
        record.setParameters(new Object[] {1, "süß.img.gz"});
        record.setThrown(new IOException("disk"));

        assertThat(new SafeFormatter(formatter).format(record)).isEqualTo(formatter.format(record));
    }

    private static ExtLogRecord record(String message) {
        ExtLogRecord record = new ExtLogRecord(
                Level.INFO, message, ExtLogRecord.FormatStyle.PRINTF, SafeFormatterTest.class.getName());
        record.setLoggerName("dev.imageferry");
        record.setThreadName("main");
        return record;
    }
}
