/** The webhook: delivers the notifications about outcomes to the receiver, at least once and in order per job. */
@NullMarked
package dev.imageferry.notify;

import org.jspecify.annotations.NullMarked;
