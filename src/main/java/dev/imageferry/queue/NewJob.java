package dev.imageferry.queue;

import dev.imageferry.job.DroppedFile;
import dev.imageferry.job.ImageMetadata;
import java.util.UUID;

/**
 * A settled file that is offered to the queue.
 *
 * @param convert whether it is converted before its check
 */
public record NewJob(UUID folderId, DroppedFile file, ImageMetadata metadata, boolean convert) {}
