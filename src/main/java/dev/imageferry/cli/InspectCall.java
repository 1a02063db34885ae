package dev.imageferry.cli;

import java.util.ArrayList;
import java.util.List;

/** The parsed arguments of {@code inspect}. */
sealed interface InspectCall {
    /**
     * Files to check.
     *
     * @param json print a JSON array instead of a table
     * @param names as on the command line; at least one
     */
    record Check(boolean json, List<String> names) implements InspectCall {
        public Check {
            names = List.copyOf(names);
        }
    }

    /** {@code -h} or {@code --help}. */
    record Help() implements InspectCall {}

    /**
     * Invalid arguments.
     *
     * @param reason what is wrong
     */
    record Wrong(String reason) implements InspectCall {}

    /** Options can be anywhere. All arguments after {@code --} are files. */
    static InspectCall of(List<String> arguments) {
        boolean json = false;
        boolean optionsEnded = false;
        List<String> names = new ArrayList<>();
        for (String argument : arguments) {
            if (optionsEnded || !argument.startsWith("-")) {
                names.add(argument);
            } else if (argument.equals("--")) {
                optionsEnded = true;
            } else if (argument.equals("--json")) {
                json = true;
            } else if (argument.equals("-h") || argument.equals("--help")) {
                return new Help();
            } else {
                return new Wrong("Unknown option " + FileReport.shown(argument) + " of inspect");
            }
        }
        return names.isEmpty() ? new Wrong("inspect requires at least one file") : new Check(json, names);
    }
}
