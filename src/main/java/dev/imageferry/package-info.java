@NullMarked
package dev.imageferry;

import org.jspecify.annotations.NullMarked;
