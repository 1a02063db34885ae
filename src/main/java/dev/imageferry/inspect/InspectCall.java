package dev.imageferry.inspect;

import java.util.ArrayList;
import java.util.List;

/** What stands behind {@code inspect} on the command line. */
sealed interface InspectCall {
    /**
     * Files to be checked.
     *
     * @param json a JSON array is wanted instead of a table
     * @param names as they were given; at least one
     */
    record Check(boolean json, List<String> names) implements InspectCall {
        public Check {
            names = List.copyOf(names);
        }
    }

    /** {@code -h} or {@code --help}. */
    record Help() implements InspectCall {}

    /**
     * Neither.
     *
     * @param reason what is wrong with the call
     */
    record Wrong(String reason) implements InspectCall {}

    /** Options may stand anywhere; behind {@code --} everything is a file. */
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
                return new Wrong("inspect knows no option " + FileReport.shown(argument));
            }
        }
        return names.isEmpty() ? new Wrong("inspect needs at least one file") : new Check(json, names);
    }
}
