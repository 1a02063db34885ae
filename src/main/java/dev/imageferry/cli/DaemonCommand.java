package dev.imageferry.cli;

import java.util.concurrent.Callable;

/** A command that talks to the daemon. */
abstract class DaemonCommand implements Callable<Integer> {
    final CommandContext context;

    DaemonCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public final Integer call() throws CommandFailure, InterruptedException {
        try (DaemonClient client = new DaemonClient(DaemonAddress.of(context.environment()))) {
            return run(client).code();
        }
    }

    /** Runs the command. Prints its result. */
    abstract ExitStatus run(DaemonClient client) throws CommandFailure, InterruptedException;
}
