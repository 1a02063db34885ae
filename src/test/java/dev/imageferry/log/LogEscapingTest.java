package dev.imageferry.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.web.StagedProfile;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jboss.logging.Logger;
import org.jboss.logging.MDC;
import org.jboss.logmanager.ExtHandler;
import org.jboss.logmanager.LogContext;
import org.junit.jupiter.api.Test;

/** With the handlers that Quarkus creates from the settings. */
@QuarkusTest
@TestProfile(LogEscapingTest.Profile.class)
class LogEscapingTest {
    private static final Path FILE = Path.of("target/log-escaping-test.log");

    /** A log file in addition to the console. */
    public static final class Profile extends StagedProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            Map<String, String> overrides = new HashMap<>(super.getConfigOverrides());
            overrides.put("quarkus.log.file.enabled", "true");
            overrides.put("quarkus.log.file.path", FILE.toString());
            overrides.put("quarkus.log.file.json", "false");
            overrides.put("quarkus.log.file.format", "%d|%t|%X{job}|%s%e%n");
            return overrides;
        }
    }

    @Test
    void a_file_name_cannot_start_a_line_of_a_log_file() throws Exception {
        String name = "x.img.gz\n2026-01-01 00:00:00|main||all is well";
        Thread thread = new Thread(
                () -> {
                    MDC.put("job", name);
                    Logger.getLogger("test").errorf(new IllegalStateException(name), "failed file=%s", name);
                },
                "put-" + name);
        thread.start();
        thread.join();

        List<String> lines = Files.readAllLines(FILE);

        assertThat(lines)
                .filteredOn(line -> line.contains("failed file="))
                .singleElement()
                .asString()
                .contains("put-x.img.gz\\u000a");
        assertThat(lines).noneMatch(line -> line.startsWith("2026-01-01 00:00:00|main||all is well"));
        assertThat(lines).anyMatch(line -> line.contains("IllegalStateException: x.img.gz\\u000a2026"));
    }

    @Test
    void every_handler_escapes_text() {
        List<java.util.logging.Handler> handlers = Arrays.stream(
                        LogContext.getLogContext().getLogger("").getHandlers())
                .flatMap(LogEscapingTest::withNested)
                .filter(handler -> handler.getFormatter() != null)
                .toList();

        assertThat(handlers).hasSizeGreaterThan(1).allMatch(handler -> handler.getFormatter() instanceof SafeFormatter);
    }

    private static Stream<java.util.logging.Handler> withNested(java.util.logging.Handler handler) {
        return handler instanceof ExtHandler extended
                ? Stream.concat(
                        Stream.of(handler),
                        Arrays.stream(extended.getHandlers()).flatMap(LogEscapingTest::withNested))
                : Stream.of(handler);
    }
}
