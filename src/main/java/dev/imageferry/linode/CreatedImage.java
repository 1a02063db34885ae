package dev.imageferry.linode;

import dev.imageferry.job.UploadUrl;

/**
 * An image that waits for its bytes.
 *
 * @param uploadTo where they go; valid for a day, and nothing re-issues it
 */
public record CreatedImage(RemoteImage image, UploadUrl uploadTo) {}
