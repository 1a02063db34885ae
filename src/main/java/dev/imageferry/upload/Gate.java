package dev.imageferry.upload;

/**
 * One thing outside that all jobs need. While it is closed, work that needs it stops and no attempt is charged.
 *
 * @param name as in {@code imageferry_blocked{gate}} and {@code GET /summary}
 */
record Gate(String name) {
    static final Gate API = new Gate("api");
    static final Gate TOKEN = new Gate("token");
    static final Gate QUOTA = new Gate("quota");
    static final Gate DATABASE = new Gate("database");
    static final Gate FOLDER = new Gate("folder");

    /** The object storage that a presigned URL leads to. */
    static Gate bucket(String host) {
        return new Gate("bucket:" + host);
    }
}
