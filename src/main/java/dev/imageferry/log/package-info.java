/** Log lines that no name from outside can forge. */
@NullMarked
package dev.imageferry.log;

import org.jspecify.annotations.NullMarked;
