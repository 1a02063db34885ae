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
import java.util.ArrayDeque;
import java.util.Deque;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Says at once that something has changed in the drop folder, so that the next walk need not be waited for. A hint and
 * nothing more: where watching is not possible (inotify's limits, network file systems) that is logged once, and the
 * periodic walk finds everything all the same.
 */
public final class DropWatch implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(DropWatch.class);

    private final DropFolder folder;
    private final Runnable onChange;
    private final @Nullable WatchService serviceOrNull;
    private final @Nullable Thread threadOrNull;
    private volatile boolean complained;

    private DropWatch(DropFolder folder, Runnable onChange, @Nullable WatchService serviceOrNull) {
        this.folder = folder;
        this.onChange = onChange;
        this.serviceOrNull = serviceOrNull;
        this.threadOrNull = serviceOrNull == null
                ? null
                : Thread.ofPlatform().daemon().name("imageferry-watch").unstarted(() -> run(serviceOrNull));
    }

    /**
     * Watches the folder and all folders below it, from now on and those made later. Every folder that can be watched is
     * when this returns.
     *
     * @param onChange called on the watch's own thread, once for a bunch of changes; must be quick and must not throw
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
            watch.complain(folder.root(), failure);
        }
        if (service != null) {
            watch.register(service, folder.root());
        }
        if (watch.threadOrNull != null) {
            watch.threadOrNull.start();
        }
        return watch;
    }

    /** Watches everything anew, for when the folder has been away (unmounted) and is back. Harmless at any time. */
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
            LOG.warnf("the watch on %s did not close: %s", folder.root(), Reason.of(e));
        }
        try {
            threadOrNull.join();
        } catch (InterruptedException e) {
            // the thread is a daemon and ends with its service
            Thread.currentThread().interrupt();
        }
    }

    private void run(WatchService service) {
        try {
            while (true) {
                boolean changed = false;
                // all that is ready is one bunch
                for (WatchKey key = service.take(); key != null; key = service.poll()) {
                    changed |= takeIn(service, key);
                }
                if (changed) {
                    onChange.run();
                }
            }
        } catch (ClosedWatchServiceException e) {
            LOG.debug("the watch has been closed");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean takeIn(WatchService service, WatchKey key) {
        boolean changed = false;
        Path directory = (Path) key.watchable();
        for (WatchEvent<?> event : key.pollEvents()) {
            if (event.kind().equals(OVERFLOW)) {
                // events were lost, those of new folders among them
                register(service, folder.root());
                changed = true;
            } else if (event.context() instanceof Path name && isLookedAt(directory, name)) {
                if (event.kind().equals(ENTRY_CREATE)) {
                    register(service, directory.resolve(name));
                }
                changed = true;
            }
        }
        key.reset(); // false for a folder that is gone: its key goes with it
        return changed;
    }

    /** Registers a folder and those below it; does nothing for a file. */
    private void register(WatchService service, Path start) {
        Deque<Path> places = new ArrayDeque<>();
        places.add(start);
        Path place;
        while ((place = places.poll()) != null) {
            if (!Files.isDirectory(place, NOFOLLOW_LINKS)) {
                continue;
            }
            try {
                // first register, then list: what is made in between shows in one of the two
                place.register(service, ENTRY_CREATE, ENTRY_MODIFY, ENTRY_DELETE);
                for (Path entry : Listing.of(place)) {
                    if (isLookedAt(place, entry.getFileName())) {
                        places.add(entry);
                    }
                }
            } catch (NoSuchFileException | NotDirectoryException e) {
                LOG.tracef("%s vanished before it was watched", place);
            } catch (FileSystemException e) {
                complain(place, e);
            } catch (IOException e) {
                // inotify's limits come as a plain IOException; every further folder would meet them too
                complain(place, e);
                return;
            }
        }
    }

    private boolean isLookedAt(Path directory, Path name) {
        String text = name.toString();
        return !text.startsWith(".") && !(directory.equals(folder.root()) && Names.ROOT_FOLDERS.contains(text));
    }

    private void complain(Path place, IOException e) {
        if (!complained) {
            complained = true;
            LOG.warnf("%s cannot be watched (%s): new files are found by the periodic scan alone", place, Reason.of(e));
        }
    }
}
