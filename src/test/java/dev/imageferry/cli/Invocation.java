package dev.imageferry.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/** Runs commands in this JVM, with a clock that only advances in the pauses of the command. */
final class Invocation {
    static final int DAEMON_STATUS = 77;

    private final Map<String, String> environment = new HashMap<>();
    private final AtomicLong nanos =
            new AtomicLong(Long.MAX_VALUE - Duration.ofSeconds(1).toNanos());
    private boolean terminal;
    private boolean colours;
    private int columns = 80;
    private int daemonRuns;

    /** What a command did. */
    record Result(int status, String out, String err) {}

    static Invocation of(ScriptedDaemon daemon) {
        return new Invocation().environment("IMAGEFERRY_URL", daemon.url());
    }

    Invocation environment(String name, String value) {
        environment.put(name, value);
        return this;
    }

    Invocation onTerminal(int width) {
        terminal = true;
        columns = width;
        return this;
    }

    Invocation withColours() {
        colours = true;
        return this;
    }

    void advance(Duration duration) {
        nanos.addAndGet(duration.toNanos());
    }

    int daemonRuns() {
        return daemonRuns;
    }

    Result run(String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        Terminal streams = new Terminal(
                new PrintStream(out, true, UTF_8),
                new PrintStream(err, true, UTF_8),
                terminal,
                terminal,
                colours,
                () -> columns);
        CommandContext context = new CommandContext(streams, environment, nanos::get, this::advance);
        int status = Commands.commandLine(context, () -> {
                    daemonRuns++;
                    return DAEMON_STATUS;
                })
                .execute(arguments);
        return new Result(status, out.toString(UTF_8), err.toString(UTF_8));
    }
}
