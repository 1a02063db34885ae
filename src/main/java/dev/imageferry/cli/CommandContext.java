package dev.imageferry.cli;

import dev.imageferry.job.Ticker;
import java.util.Map;

/**
 * What a command needs from its process.
 *
 * @param environment such as {@code IMAGEFERRY_URL}
 */
record CommandContext(Terminal terminal, Map<String, String> environment, Ticker ticker, Pauses pauses) {
    CommandContext {
        environment = Map.copyOf(environment);
    }
}
