package dev.imageferry.job;

/**
 * A file in the drop folder as one scan saw it.
 *
 * @param path relative to the drop folder, with slashes
 * @param fingerprint identity and size at that time
 */
public record DroppedFile(String path, FileFingerprint fingerprint) {}
