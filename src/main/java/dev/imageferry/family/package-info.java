/** Deletes the images of a family that are more than its newest job keeps. */
@NullMarked
package dev.imageferry.family;

import org.jspecify.annotations.NullMarked;
