package dev.imageferry.cli;

import java.time.Duration;

/** Waits between two calls. */
@FunctionalInterface
interface Pauses {
    void pause(Duration duration) throws InterruptedException;
}
