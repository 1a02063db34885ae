package dev.imageferry.cli;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of commands that wait. */
final class WaitOptions {
    @Option(
            names = "--timeout",
            paramLabel = "DURATION",
            description = "Stop after this time, such as 30m, with exit status 4. Default: no limit")
    @Nullable
    Duration timeout;

    @Option(
            names = "--reconnect-timeout",
            paramLabel = "DURATION",
            defaultValue = "60s",
            description = "How long the daemon can be unavailable before the command gives up with exit status 3."
                    + " Default: ${DEFAULT-VALUE}")
    Duration reconnectTimeout = Duration.ofMinutes(1);
}
