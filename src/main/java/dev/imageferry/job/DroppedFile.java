package dev.imageferry.job;

/**
 * A file in the drop folder, at one moment.
 *
 * @param path relative to the drop folder, with slashes
 * @param fingerprint as it was seen
 */
public record DroppedFile(String path, FileFingerprint fingerprint) {}
