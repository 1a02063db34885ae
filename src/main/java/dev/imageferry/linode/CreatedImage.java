package dev.imageferry.linode;

import dev.imageferry.job.UploadUrl;

/**
 * A new image that waits for its upload.
 *
 * @param uploadTo the upload URL; valid for 24 hours and cannot be requested again
 */
public record CreatedImage(RemoteImage image, UploadUrl uploadTo) {}
