package dev.imageferry.cli;

import dev.imageferry.job.Ticker;
import io.quarkus.runtime.configuration.DurationConverter;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.function.IntSupplier;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.TypeConversionException;
import picocli.CommandLine.UnmatchedArgumentException;

/** The command line: parses the arguments, runs the command and turns failures into one line and an exit status. */
public final class Commands {
    private static final int ONE_LINE = 10_000;

    private Commands() {}

    /**
     * Runs a command of this process.
     *
     * @param daemon runs the daemon and returns the exit status
     * @return the exit status
     */
    public static int run(String[] arguments, IntSupplier daemon) {
        CommandContext context =
                new CommandContext(Terminal.ofProcess(System.getenv()), System.getenv(), Ticker.SYSTEM, Thread::sleep);
        return commandLine(context, daemon).execute(arguments);
    }

    static CommandLine commandLine(CommandContext context, IntSupplier daemon) {
        Terminal terminal = context.terminal();
        CommandLine root = new CommandLine(new RootCommand(daemon))
                .addSubcommand(new RunCommand(daemon))
                .addSubcommand(new InspectCommand(terminal))
                .addSubcommand(new PutCommand(context))
                .addSubcommand(new JobsCommand(context))
                .addSubcommand(new ShowCommand(context))
                .addSubcommand(new LatestCommand(context))
                .addSubcommand(new WaitCommand(context))
                .addSubcommand(
                        "retry",
                        described(
                                new ChangeCommand(context, "retry"),
                                "Retries jobs that failed, were rejected or cancelled."))
                .addSubcommand(
                        "cancel", described(new ChangeCommand(context, "cancel"), "Cancels jobs that have not ended."))
                .addSubcommand(
                        "pause",
                        described(
                                new QueueCommand(context, "pause"),
                                "Stops new uploads on all instances. Uploads whose image exists finish."))
                .addSubcommand("resume", described(new QueueCommand(context, "resume"), "Allows new uploads again."))
                .addSubcommand(new StatusCommand(context))
                .addSubcommand(DatabaseCommand.with(terminal))
                .addSubcommand(new CompletionCommand(terminal));
        root.registerConverter(Duration.class, Commands::duration);
        root.setCaseInsensitiveEnumValuesAllowed(true);
        root.setColorScheme(Help.defaultColorScheme(terminal.hasColours() ? Help.Ansi.ON : Help.Ansi.OFF));
        root.setOut(writer(terminal.out()));
        root.setErr(writer(terminal.err()));
        terminal.tableWidth().ifPresent(width -> root.setUsageHelpWidth(Math.max(55, width)));
        root.setParameterExceptionHandler((failure, arguments) -> wrongCall(terminal, failure));
        root.setExecutionExceptionHandler((failure, command, parsed) -> failed(terminal, failure));
        return root;
    }

    private static CommandLine described(Object command, String description) {
        CommandLine described = new CommandLine(command);
        described.getCommandSpec().usageMessage().description(description);
        return described;
    }

    private static PrintWriter writer(PrintStream stream) {
        return new PrintWriter(new OutputStreamWriter(stream, stream.charset()), true);
    }

    private static Duration duration(String value) {
        try {
            return new DurationConverter().convert(value);
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new TypeConversionException("expected a duration such as 30s, 10m or 2h");
        }
    }

    private static int wrongCall(Terminal terminal, ParameterException failure) {
        CommandLine command = failure.getCommandLine();
        terminal.remark(message(failure) + "; " + usage(command));
        return ExitStatus.WRONG_CALL.code();
    }

    private static String message(ParameterException failure) {
        String command = failure.getCommandLine().getCommandName();
        return switch (failure) {
            case UnmatchedArgumentException unmatched -> unmatched(unmatched);
            case MissingParameterException missing ->
                "%s requires %s".formatted(command, missing(missing.getMissing()));
            default -> FileReport.shown(String.valueOf(failure.getMessage()));
        };
    }

    private static String unmatched(UnmatchedArgumentException failure) {
        CommandLine command = failure.getCommandLine();
        List<String> unmatched = failure.getUnmatched();
        if (unmatched.stream()
                .anyMatch(argument -> argument.toLowerCase(Locale.ROOT).contains("token"))) {
            // without the argument, which may contain the token
            return "Tokens are not accepted on the command line";
        }
        String argument = FileReport.shown(unmatched.getFirst());
        if (command.getParent() == null) {
            return "Unknown argument " + argument;
        }
        String kind = argument.startsWith("-") ? "option" : "argument";
        return "Unknown %s %s of %s".formatted(kind, argument, command.getCommandName());
    }

    private static String missing(List<ArgSpec> arguments) {
        ArgSpec first = arguments.getFirst();
        String label = first.paramLabel().replace("|", " or ");
        return first.isPositional() && first.arity().max() > 1 ? "at least one " + label : label;
    }

    private static String usage(CommandLine command) {
        int width = command.getUsageHelpWidth();
        command.setUsageHelpWidth(ONE_LINE);
        String synopsis = command.getHelp().synopsis(0).strip();
        command.setUsageHelpWidth(width);
        return "usage: " + synopsis;
    }

    private static int failed(Terminal terminal, Exception failure) throws Exception {
        return switch (failure) {
            case CommandFailure expected -> {
                terminal.remark(expected.message());
                yield expected.status().code();
            }
            case InterruptedException interrupted -> {
                Thread.currentThread().interrupt();
                yield ExitStatus.SOME_FAILED.code();
            }
            default -> throw failure;
        };
    }
}
