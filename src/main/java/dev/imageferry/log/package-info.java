/** Escapes untrusted text in log lines, so that it cannot forge them. */
@NullMarked
package dev.imageferry.log;

import org.jspecify.annotations.NullMarked;
