package dev.imageferry.job;

import java.time.Instant;

/**
 * Retention has deleted the image of a job at Linode.
 *
 * @param reason names the family, the limit and the newer image
 */
public record RetiredImage(Instant at, String reason) {}
