/**
 * The drop folder: scanning it, deciding when a file has settled, reading metadata, and archiving files of ended jobs. Does
 * not depend on the queue or on Linode.
 *
 * <p>Paths are relative to the {@link dev.imageferry.drop.DropFolder} and use slashes. Symbolic links below it are never
 * followed.
 */
@NullMarked
package dev.imageferry.drop;

import org.jspecify.annotations.NullMarked;
