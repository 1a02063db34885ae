/** The command {@code inspect}, which checks image files without a daemon. */
@NullMarked
package dev.imageferry.cli;

import org.jspecify.annotations.NullMarked;
