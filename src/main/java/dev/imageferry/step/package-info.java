/** The steps of a job, one class each: check, create, upload, await, replicate, archive. */
@NullMarked
package dev.imageferry.step;

import org.jspecify.annotations.NullMarked;
