/**
 * The commands. Most talk to a daemon over REST, {@code inspect} checks image files without one, and none boots Quarkus but
 * {@code run}. Reading starts at {@link dev.imageferry.cli.Commands}.
 */
@NullMarked
package dev.imageferry.cli;

import org.jspecify.annotations.NullMarked;
