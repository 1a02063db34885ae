/** The packaged jar as a process of its own, with real files, real PostgreSQL and the simulated Linode. */
@NullMarked
package dev.imageferry.whole;

import org.jspecify.annotations.NullMarked;
