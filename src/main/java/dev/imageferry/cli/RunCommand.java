package dev.imageferry.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.IntSupplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The command {@code run}. */
@Command(
        name = "run",
        description = "Runs the daemon, as the call without a command does.",
        footer = {"", "Settings come from -D, the environment and config/imageferry.properties."})
final class RunCommand implements Callable<Integer> {
    private final IntSupplier daemon;

    @Option(
            names = "-D",
            paramLabel = "KEY=VALUE",
            description = "Sets a setting, such as -Dimageferry.drop.directory=/srv/drop. Not for tokens")
    Map<String, String> settings = new LinkedHashMap<>();

    /**
     * Creates the command.
     *
     * @param daemon runs the daemon and returns the exit status
     */
    RunCommand(IntSupplier daemon) {
        this.daemon = daemon;
    }

    @Override
    public Integer call() {
        settings.forEach(System::setProperty);
        return daemon.getAsInt();
    }
}
