/**
 * Reads a {@code .img.gz} once, in constant memory: is it whole, how large is it, what are its sums, and what is on the
 * disk inside. Start reading at {@link dev.imageferry.image.GzipInspector}.
 */
@NullMarked
package dev.imageferry.image;

import org.jspecify.annotations.NullMarked;
