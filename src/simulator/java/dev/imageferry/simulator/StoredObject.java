package dev.imageferry.simulator;

/**
 * What is kept of the bytes of a PUT: not the bytes.
 *
 * @param sha256 64 hex digits
 * @param md5 32 hex digits
 */
record StoredObject(long bytes, String sha256, String md5, Unpacked unpacked) {}
