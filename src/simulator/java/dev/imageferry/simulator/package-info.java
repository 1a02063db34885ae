/**
 * A Linode that is not there: its images API and its bucket on real HTTP, with scripted faults. It serves the tests and
 * the demo and is never part of the product's jar. Behaviour follows what LINODE.md gathers from the published API
 * description, recorded traffic and a stock radosgw.
 */
@NullMarked
package dev.imageferry.simulator;

import org.jspecify.annotations.NullMarked;
