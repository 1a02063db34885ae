package dev.imageferry.drop;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static java.nio.file.StandardWatchEventKinds.ENTRY_CREATE;
import static java.nio.file.StandardWatchEventKinds.ENTRY_DELETE;
import static java.nio.file.StandardWatchEventKinds.ENTRY_MODIFY;
import static java.nio.file.StandardWatchEventKinds.OVERFLOW;

import dev.imageferry.job.Reason;
import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Triggers a scan when something changes in the drop folder. If watching is impossible (limits of inotify, network file
 * systems), this is logged once, and changes are found by the periodic scan.
 */
public final class DropWatch implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(DropWatch.class);
    private static final Duration SHORTEST_GATHERING = Duration.ofMillis(100);
    private static final Duration LONGEST_GATHERING = Duration.ofSeconds(2);

    private final DropFolder folder;
    private final Runnable onChange;
    private final @Nullable WatchService serviceOrNull;
    private final @Nullable Thread threadOrNull;
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile boolean warned;

    private DropWatch(DropFolder folder, Runnable onChange, @Nullable WatchService serviceOrNull) {
        this.folder = folder;
        this.onChange = onChange;
        this.serviceOrNull = serviceOrNull;
        this.threadOrNull = serviceOrNull == null
                ? null
                : Thread.ofPlatform().daemon().name("imageferry-watch").unstarted(() -> run(serviceOrNull));
    }

    /**
     * Watches the folder and all folders below it, including those created later. All existing folders are watched when this
     * returns.
     *
     * @param onChange called on a thread of the watch, once for several changes; must be quick and must not throw
     */
    public static DropWatch start(DropFolder folder, Runnable onChange) {
        WatchService service = null;
        IOException failure = null;
        try {
            service = folder.root().getFileSystem().newWatchService();
        } catch (IOException e) {
            failure = e;
        }
        DropWatch watch = new DropWatch(folder, onChange, service);
        if (failure != null) {
            watch.warnOnce(folder.root(), failure);
        }
        if (service != null) {
            watch.register(service, folder.root());
        }
        if (watch.threadOrNull != null) {
            watch.threadOrNull.start();
        }
        return watch;
    }

    /** Watches all folders again after the drop folder was mounted again. Can be called at any time. */
    public void renew() {
        if (serviceOrNull != null) {
            register(serviceOrNull, folder.root());
        }
    }

    @Override
    public void close() {
        if (serviceOrNull == null || threadOrNull == null) {
            return;
        }
        try {
            serviceOrNull.close();
        } catch (IOException e) {
            LOG.warnf("could not stop watching %s: %s", folder.root(), Reason.of(e));
        }
        closed.countDown();
        try {
            threadOrNull.join();
        } catch (InterruptedException e) {
            // the thread ends with its service
            Thread.currentThread().interrupt();
        }
    }

    private void run(WatchService service) {
        try {
            while (true) {
                boolean changed = false;
                for (WatchKey key = service.take(); key != null; key = service.poll()) {
                    changed |= process(service, key);
                }
                if (changed) {
                    long begun = System.nanoTime();
                    onChange.run();
                    gather(System.nanoTime() - begun);
                }
            }
        } catch (ClosedWatchServiceException e) {
            LOG.debug("watching has ended");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Lets further changes gather, so that the reactions to a stream of changes take little of the time. */
    private void gather(long reactionNanos) throws InterruptedException {
        long pause = Math.clamp(20 * reactionNanos, SHORTEST_GATHERING.toNanos(), LONGEST_GATHERING.toNanos());
        var _ = closed.await(pause, TimeUnit.NANOSECONDS);
    }

    private boolean process(WatchService service, WatchKey key) {
        boolean changed = false;
        Path directory = (Path) key.watchable();
        for (WatchEvent<?> event : key.pollEvents()) {
            if (event.kind().equals(OVERFLOW)) {
                // lost events may have been for new folders
                register(service, folder.root());
                changed = true;
            } else if (event.context() instanceof Path name && isScanned(directory, name)) {
                if (event.kind().equals(ENTRY_CREATE)) {
                    register(service, directory.resolve(name));
                }
                changed = true;
            }
        }
        key.reset();
        return changed;
    }

    /** Registers a folder and those below it; does nothing for a file. */
    private void register(WatchService service, Path start) {
        Deque<Path> directories = new ArrayDeque<>();
        directories.add(start);
        Path directory;
        while ((directory = directories.poll()) != null) {
            if (!Files.isDirectory(directory, NOFOLLOW_LINKS)) {
                continue;
            }
            try {
                // register before listing, so that no folder that is created in between is missed
                directory.register(service, ENTRY_CREATE, ENTRY_MODIFY, ENTRY_DELETE);
                for (Path entry : Listing.of(directory)) {
                    if (isScanned(directory, entry.getFileName())) {
                        directories.add(entry);
                    }
                }
            } catch (NoSuchFileException | NotDirectoryException e) {
                LOG.tracef("%s disappeared before it was watched", directory);
            } catch (FileSystemException e) {
                warnOnce(directory, e);
            } catch (IOException e) {
                // a limit of inotify, which also affects all further folders
                warnOnce(directory, e);
                return;
            }
        }
    }

    private boolean isScanned(Path directory, Path name) {
        String text = name.toString();
        return !text.startsWith(".") && !(directory.equals(folder.root()) && Names.ROOT_FOLDERS.contains(text));
    }

    private void warnOnce(Path directory, IOException e) {
        if (!warned) {
            warned = true;
            LOG.warnf("cannot watch %s (%s): new files are found only by the periodic scan", directory, Reason.of(e));
        }
    }
}
