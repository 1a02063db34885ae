package dev.imageferry.queue;

import dev.imageferry.job.DroppedFile;
import dev.imageferry.job.ImageMetadata;
import java.util.UUID;

/** A settled file that may become a job. */
public record NewJob(UUID folderId, DroppedFile file, ImageMetadata metadata) {}
