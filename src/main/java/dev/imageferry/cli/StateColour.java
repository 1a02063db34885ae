package dev.imageferry.cli;

import java.util.function.UnaryOperator;

/** The colours of job states on a terminal. */
final class StateColour {
    private StateColour() {}

    static UnaryOperator<String> on(Terminal terminal) {
        return terminal.hasColours() ? StateColour::coloured : state -> state;
    }

    private static String coloured(String state) {
        return switch (state) {
            case "AVAILABLE" -> sgr("32", state); // green
            case "FAILED", "REJECTED" -> sgr("31", state); // red
            case "CANCELLED" -> sgr("33", state); // yellow
            default -> state;
        };
    }

    private static String sgr(String colour, String text) {
        return "\u001b[" + colour + "m" + text + "\u001b[0m";
    }
}
