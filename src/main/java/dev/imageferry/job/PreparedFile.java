package dev.imageferry.job;

/**
 * The {@code .img.gz} that the conversion of a dropped file made. It stands beside that file under a hidden name, and is what the
 * job checks and uploads.
 *
 * @param fingerprint of the prepared file
 * @param sourceSha256 of the dropped file, 64 lower-case hex digits
 */
public record PreparedFile(FileFingerprint fingerprint, String sourceSha256) {}
