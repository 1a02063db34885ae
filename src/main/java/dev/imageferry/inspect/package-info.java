/** The command {@code inspect}, which checks image files without a daemon. */
@NullMarked
package dev.imageferry.inspect;

import org.jspecify.annotations.NullMarked;
