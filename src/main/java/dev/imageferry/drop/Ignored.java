package dev.imageferry.drop;

/**
 * Something in the folder that is not a job.
 *
 * @param file relative path; bytes that are not UTF-8 are shown as U+FFFD
 * @param bytes its size, or 0 if it is not a regular file
 * @param reason what it is and what to do, such as {@code raw image: compress it with gzip}
 */
public record Ignored(String file, long bytes, String reason) {}
