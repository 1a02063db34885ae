package dev.imageferry.file;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Syncs folders to the disk, once for all threads that wait for the same folder. A thread that waits is served by a sync that
 * starts after its call, so it covers what the thread changed. Thread-safe.
 */
public final class FolderSync {
    private final ConcurrentMap<Path, Folder> folders = new ConcurrentHashMap<>();
    private final Sync sync;

    /** Syncs one folder. */
    @FunctionalInterface
    public interface Sync {
        void sync(Path folder) throws IOException;
    }

    private static final class Folder {
        private final ReentrantLock syncing = new ReentrantLock(true);
        private volatile long started;
        /** The number of the last sync that succeeded. Guarded by the lock. */
        private long succeeded;
    }

    public FolderSync() {
        this(Durable::sync);
    }

    FolderSync(Sync sync) {
        this.sync = sync;
    }

    /** Returns when the entries of the folder are on the disk. */
    public void sync(Path path) throws IOException {
        Folder folder = folders.computeIfAbsent(path, key -> new Folder());
        long startedBefore = folder.started;
        folder.syncing.lock();
        try {
            if (folder.succeeded <= startedBefore) {
                long number = folder.started + 1;
                folder.started = number;
                sync.sync(path);
                folder.succeeded = number;
            }
        } finally {
            folder.syncing.unlock();
        }
    }

    /** The number of threads that wait for a sync of the folder, as far as it is known. */
    int waiting(Path path) {
        Folder folder = folders.get(path);
        return folder == null ? 0 : folder.syncing.getQueueLength();
    }
}
