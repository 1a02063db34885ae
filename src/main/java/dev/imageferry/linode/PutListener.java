package dev.imageferry.linode;

/** Told of a PUT's progress, on the PUT's own thread and often: it has to be quick. */
@FunctionalInterface
public interface PutListener {
    /**
     * Bytes went to the socket.
     *
     * @param total of this PUT so far
     */
    void bytesSent(long total);
}
