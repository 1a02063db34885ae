/**
 * Puts the daemon together, starts and stops it: intake from the drop folder, schedules, metrics, and the read and control
 * side for REST.
 */
@NullMarked
package dev.imageferry.daemon;

import org.jspecify.annotations.NullMarked;
