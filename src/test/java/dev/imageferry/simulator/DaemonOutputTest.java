package dev.imageferry.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class DaemonOutputTest {
    private static final String PREFIX = "2026-11-30 14:03:07,123 INFO  [dev.imag.uplo.JobRunner] (worker-1) ";

    @Test
    void shows_a_transition_with_time_file_and_states() {
        assertThat(DaemonOutput.forTerminal(
                        PREFIX + "job=f10d05e9 file=a b.img.gz from=CHECKING to=READY attempt=0 detail=null"))
                .contains("14:03:07  a b.img.gz  CHECKING → READY");
    }

    @Test
    void shows_why_a_job_failed() {
        assertThat(DaemonOutput.forTerminal(PREFIX.replace("INFO ", "WARN ")
                        + "job=f10d05e9 file=a.img.gz from=CHECKING to=REJECTED attempt=0 detail=not gzip"))
                .contains("14:03:07  a.img.gz  CHECKING → REJECTED  not gzip");
    }

    @Test
    void shows_warnings_and_errors() {
        assertThat(DaemonOutput.forTerminal(PREFIX.replace("INFO ", "WARN ") + "work stops gate=api reason=503"))
                .contains("14:03:07  WARN  work stops gate=api reason=503");
    }

    @Test
    void shows_what_the_daemon_says_before_it_has_a_log() {
        assertThat(DaemonOutput.forTerminal("imageferry: No Linode token")).contains("imageferry: No Linode token");
    }

    @Test
    void hides_everything_else_and_keeps_it_in_the_log() throws Exception {
        String lines = PREFIX + "Flyway 12\n\tat java.base/Thread.run\nWARNING: of the JVM\n";
        StringWriter log = new StringWriter();
        ByteArrayOutputStream terminal = new ByteArrayOutputStream();

        DaemonOutput.copy(
                new BufferedReader(new StringReader(lines)),
                log,
                new PrintStream(terminal, true, StandardCharsets.UTF_8));

        assertThat(log).hasToString(lines);
        assertThat(terminal.toByteArray()).isEmpty();
    }
}
