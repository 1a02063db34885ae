/**
 * The pure core: what a job is, which states it goes through, how it ends. Uses no framework and nothing else of ours;
 * every other package speaks in these terms.
 */
@NullMarked
package dev.imageferry.job;

import org.jspecify.annotations.NullMarked;
