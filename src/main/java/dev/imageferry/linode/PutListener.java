package dev.imageferry.linode;

/** Receives the progress of a PUT. Called frequently on the thread of the PUT, so it must be quick. */
@FunctionalInterface
public interface PutListener {
    /**
     * Bytes were written to the socket.
     *
     * @param total bytes of this PUT so far
     */
    void bytesSent(long total);
}
