/**
 * The drop folder: what lies in it, when a file has settled, what its sidecar says, and where it goes when its job has
 * ended. Knows nothing of queues or of Linode.
 *
 * <p>Every access goes through {@link dev.imageferry.drop.DropFolder}: paths are relative to the folder, with slashes, and
 * symbolic links are never followed below it.
 */
@NullMarked
package dev.imageferry.drop;

import org.jspecify.annotations.NullMarked;
