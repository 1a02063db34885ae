/**
 * Makes the {@code .img.gz} that Linode takes out of other image files. Start reading at {@link dev.imageferry.convert.Converter}.
 */
@NullMarked
package dev.imageferry.convert;

import org.jspecify.annotations.NullMarked;
