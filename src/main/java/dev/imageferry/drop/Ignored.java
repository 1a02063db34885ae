package dev.imageferry.drop;

/**
 * Something in the folder that is no job.
 *
 * @param file relative path; bytes that are not UTF-8 are shown as U+FFFD
 * @param bytes its size, 0 for what has none
 * @param reason what it is and what to do, e.g. {@code raw image: compress it with gzip}
 */
public record Ignored(String file, long bytes, String reason) {}
