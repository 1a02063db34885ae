/**
 * The way of a file, put together: intake from the folder, the dispatcher, one class a step, gates for what is not a
 * job's fault, leases, metrics.
 */
@NullMarked
package dev.imageferry.daemon;

import org.jspecify.annotations.NullMarked;
