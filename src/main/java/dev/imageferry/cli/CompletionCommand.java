package dev.imageferry.cli;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The command {@code completion}. */
@Command(
        name = "completion",
        description = "Prints a script that completes commands and options in bash and zsh.",
        footer = {"", "In ~/.bashrc or ~/.zshrc: source <(imageferry completion bash), or zsh instead of bash"})
final class CompletionCommand implements Callable<Integer> {
    private final Terminal terminal;

    /** The shells. One script serves both. */
    enum Shell {
        bash,
        zsh
    }

    @Parameters(paramLabel = "SHELL", description = "bash or zsh")
    @Nullable
    Shell shell;

    @Spec
    @Nullable
    CommandSpec spec;

    CompletionCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        if (spec == null) {
            throw new IllegalStateException("picocli sets the specification before it calls");
        }
        terminal.print(AutoComplete.bash(spec.root().name(), spec.root().commandLine()));
        return ExitStatus.OK.code();
    }
}
