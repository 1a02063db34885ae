/**
 * The job queue in PostgreSQL: creates, claims and lists jobs, renews leases and records results. Every write to a claimed job
 * carries its lease epoch and changes nothing if the lease is lost.
 */
@NullMarked
package dev.imageferry.queue;

import org.jspecify.annotations.NullMarked;
