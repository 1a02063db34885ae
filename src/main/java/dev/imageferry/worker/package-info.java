/**
 * Claims due jobs, runs one step of each on a thread of its own, and records the result. Knows leases and gates, and no
 * particular step.
 */
@NullMarked
package dev.imageferry.worker;

import org.jspecify.annotations.NullMarked;
