package dev.imageferry.worker;

/**
 * One thing outside that all jobs need. While it is closed, work that needs it stops and no attempt is charged.
 *
 * @param name as in {@code imageferry_blocked{gate}} and {@code GET /summary}
 */
public record Gate(String name) {
    public static final Gate API = new Gate("api");
    public static final Gate TOKEN = new Gate("token");
    public static final Gate QUOTA = new Gate("quota");
    public static final Gate DATABASE = new Gate("database");
    public static final Gate FOLDER = new Gate("folder");

    /** The object storage that a presigned URL leads to. */
    public static Gate bucket(String host) {
        return new Gate("bucket:" + host);
    }
}
