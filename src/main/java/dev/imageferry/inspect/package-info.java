/** The command {@code inspect}: the check that the daemon makes, from the command line and without the daemon. */
@NullMarked
package dev.imageferry.inspect;

import org.jspecify.annotations.NullMarked;
