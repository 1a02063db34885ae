/**
 * Creates, starts and stops the daemon. Contains the intake from the drop folder, the schedules, the metrics, and the classes
 * behind REST.
 */
@NullMarked
package dev.imageferry.daemon;

import org.jspecify.annotations.NullMarked;
