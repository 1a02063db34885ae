/**
 * The check of a {@code .img.gz} file: integrity, sizes, digests and the contents of the disk, in one read and constant
 * memory. Start reading at {@link dev.imageferry.image.GzipInspector}.
 */
@NullMarked
package dev.imageferry.image;

import org.jspecify.annotations.NullMarked;
