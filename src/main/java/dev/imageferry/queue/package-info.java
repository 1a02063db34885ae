/**
 * The job table: enqueue, claim, heartbeat, record, history. PostgreSQL is the only memory; every write of a claimed
 * job carries the epoch of its claim and hits nothing when the lease is lost.
 */
@NullMarked
package dev.imageferry.queue;

import org.jspecify.annotations.NullMarked;
