package dev.imageferry.cli;

import java.util.concurrent.Callable;
import java.util.function.IntSupplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** The call without a command, which runs the daemon. */
@Command(
        name = "imageferry",
        description = "Uploads disk images to Linode Images. Without a command, runs the daemon.",
        versionProvider = BuildVersion.class,
        footer = {
            "",
            "IMAGEFERRY_URL says which daemon (default " + DaemonAddress.DEFAULT_URL + "),",
            "IMAGEFERRY_API_TOKEN is its token. Tokens are not accepted on the command line."
        })
final class RootCommand implements Callable<Integer> {
    private final IntSupplier daemon;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            scope = ScopeType.INHERIT,
            description = "Print this help")
    boolean help;

    @Option(
            names = {"-V", "--version"},
            versionHelp = true,
            description = "Print version and commit")
    boolean version;

    RootCommand(IntSupplier daemon) {
        this.daemon = daemon;
    }

    @Override
    public Integer call() {
        return daemon.getAsInt();
    }
}
