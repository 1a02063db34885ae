/** Claims due jobs, runs one step of each on its own thread, and records the result. Keeps the leases and the gates. */
@NullMarked
package dev.imageferry.worker;

import org.jspecify.annotations.NullMarked;
