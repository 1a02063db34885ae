package dev.imageferry.cli;

import dev.imageferry.database.BackupException;
import dev.imageferry.database.DatabaseMaintenance;
import dev.imageferry.database.DatabaseMaintenance.Copied;
import dev.imageferry.settings.DatabaseSettings;
import dev.imageferry.settings.RefusedStartException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The commands {@code database backup}, {@code database restore} and {@code database move}. */
@Command(
        name = "database",
        description = "Backs up, restores or moves the job table.",
        footer = {
            "",
            "The database is that of the settings: quarkus.datasource.jdbc.url, or else the embedded one in",
            "imageferry.database.directory. Exit status: 0 done, 1 failed, 2 wrong arguments or a bad setting"
        })
final class DatabaseCommand implements Callable<Integer> {
    @Spec
    @Nullable
    CommandSpec spec;

    /** Creates the command with its subcommands. */
    static CommandLine with(Terminal terminal) {
        return new CommandLine(new DatabaseCommand())
                .addSubcommand(new Backup(terminal))
                .addSubcommand(new Restore(terminal))
                .addSubcommand(new Move(terminal));
    }

    @Override
    public Integer call() {
        if (spec == null) {
            throw new IllegalStateException("picocli sets the specification before it calls");
        }
        throw new ParameterException(spec.commandLine(), "database requires backup, restore or move");
    }

    /** One of the three. */
    private abstract static class Part implements Callable<Integer> {
        private final Terminal terminal;

        Part(Terminal terminal) {
            this.terminal = terminal;
        }

        /** Does the work and returns what to print. */
        abstract String run(DatabaseMaintenance database) throws BackupException;

        @Override
        public Integer call() throws CommandFailure {
            try {
                DatabaseSettings settings = DatabaseSettings.read();
                terminal.print(run(new DatabaseMaintenance(
                        settings.directory(), settings.url(), settings.username(), settings.password())));
                return ExitStatus.OK.code();
            } catch (RefusedStartException e) {
                throw new CommandFailure(ExitStatus.WRONG_CALL, String.valueOf(e.getMessage()));
            } catch (BackupException e) {
                throw new CommandFailure(ExitStatus.SOME_FAILED, String.valueOf(e.getMessage()));
            }
        }

        static String described(Copied copied) {
            return "%d %s with %d lines of history"
                    .formatted(copied.jobs(), copied.jobs() == 1 ? "job" : "jobs", copied.historyLines());
        }
    }

    @Command(
            name = "backup",
            description = "Writes all jobs and their history into a new file, also while daemons run.")
    private static final class Backup extends Part {
        @Parameters(paramLabel = "FILE", description = "New file, such as imageferry.backup")
        @Nullable
        Path file;

        Backup(Terminal terminal) {
            super(terminal);
        }

        @Override
        String run(DatabaseMaintenance database) throws BackupException {
            Path target = given(file);
            Copied copied = database.backUp(target);
            return "Backed up %s of %s to %s".formatted(described(copied), copied.database(), target);
        }
    }

    @Command(
            name = "restore",
            description =
                    "Restores a backup into an empty database. Stop all daemons before, and start them afterwards.")
    private static final class Restore extends Part {
        @Parameters(paramLabel = "FILE", description = "A file of 'database backup'")
        @Nullable
        Path file;

        Restore(Terminal terminal) {
            super(terminal);
        }

        @Override
        String run(DatabaseMaintenance database) throws BackupException {
            Path source = given(file);
            Copied copied = database.restore(source);
            return "Restored %s from %s into %s".formatted(described(copied), source, copied.database());
        }
    }

    @Command(
            name = "move",
            description = {
                "Moves all jobs and their history from the embedded into the external database of the settings, which must"
                        + " be empty. Stop the daemon before."
            })
    private static final class Move extends Part {
        Move(Terminal terminal) {
            super(terminal);
        }

        @Override
        String run(DatabaseMaintenance database) throws BackupException {
            Copied copied = database.move();
            return "Moved %s to %s".formatted(described(copied), copied.database());
        }
    }

    private static Path given(@Nullable Path file) {
        if (file == null) {
            throw new IllegalStateException("picocli requires the parameter");
        }
        return file;
    }
}
