/**
 * The core: jobs, their states, and the rules for the next state. Uses no framework and no other package of Imageferry.
 */
@NullMarked
package dev.imageferry.job;

import org.jspecify.annotations.NullMarked;
