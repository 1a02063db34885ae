/** The steps of a job: check, create, upload, await, replicate and archive. */
@NullMarked
package dev.imageferry.step;

import org.jspecify.annotations.NullMarked;
