package dev.imageferry.worker;

/**
 * Stands for something outside the daemon that jobs need. While a gate is closed, work that needs it stops and uses up no
 * attempts.
 *
 * @param name as in {@code imageferry_blocked{gate}} and {@code GET /summary}
 */
public record Gate(String name) {
    public static final Gate API = new Gate("api");
    public static final Gate TOKEN = new Gate("token");
    public static final Gate QUOTA = new Gate("quota");
    public static final Gate DATABASE = new Gate("database");
    public static final Gate FOLDER = new Gate("folder");

    /** The gate of the object storage host of an upload URL. */
    public static Gate bucket(String host) {
        return new Gate("bucket:" + host);
    }
}
