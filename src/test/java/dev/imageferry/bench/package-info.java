/** The measurements of {@code -Pbench}: their report, plots and tools. Not run by any other profile. */
@NullMarked
package dev.imageferry.bench;

import org.jspecify.annotations.NullMarked;
