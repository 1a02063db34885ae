@NullMarked
package dev.imageferry.notify;

import org.jspecify.annotations.NullMarked;
