/** Writes to the disk that survive a crash. */
@NullMarked
package dev.imageferry.file;

import org.jspecify.annotations.NullMarked;
