package dev.imageferry.drop;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import dev.imageferry.job.DroppedFile;
import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.FileFingerprint;
import dev.imageferry.job.Problem;
import dev.imageferry.job.Reason;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Scans the whole drop folder for image files, and lists everything else with a reason. Scans are authoritative; change
 * notifications ({@link DropWatch}) only trigger them earlier.
 */
public final class DropScanner {
    private static final Logger LOG = Logger.getLogger(DropScanner.class);

    /** PATH_MAX of Linux without the terminating NUL. */
    private static final int MAX_PATH_BYTES = 4095;

    /** The most that {@code failed/}, a number, the suffix of a receipt or a hidden name can add to a path. */
    private static final int ARCHIVE_GROWTH_BYTES = 96;

    private final DropFolder folder;
    private final ImageNames names;
    private final InstantSource clock;

    public DropScanner(DropFolder folder, ImageNames names, InstantSource clock) {
        this.folder = folder;
        this.names = names;
        this.clock = clock;
    }

    /** Scans the folder. Files that disappear during the scan are left out, files that cannot be read are listed. */
    public ScanResult scan() {
        Instant at = clock.instant();
        if (!folder.isPresent()) {
            return new ScanResult.Unavailable(folder.unavailable());
        }
        Walk walk = new Walk();
        try {
            walk.run();
        } catch (IOException e) {
            return new ScanResult.Unavailable(
                    folder.isPresent()
                            ? new Problem(
                                    ErrorCode.FOLDER_UNAVAILABLE,
                                    "cannot read the drop folder " + folder.root() + " (" + Reason.of(e)
                                            + "): give the daemon read access to it")
                            : folder.unavailable());
        }
        // if it was unmounted during the scan, files that were not found still exist
        if (!folder.isPresent()) {
            return new ScanResult.Unavailable(folder.unavailable());
        }
        walk.candidates.sort(Comparator.comparing(candidate -> candidate.file().path()));
        walk.unfinished.sort(Comparator.comparing(Ignored::file));
        walk.ignored.sort(Comparator.comparing(Ignored::file));
        return new ScanResult.Scan(walk.candidates, walk.unfinished, walk.ignored, at);
    }

    /**
     * Whether a regular file at this relative path would be a candidate: it has the name of an image, no part begins with a
     * dot or is too long, and it is not below the root's {@code done/} or {@code failed/}.
     */
    public boolean isCandidatePath(String relativePath) {
        String[] parts = relativePath.split("/", -1);
        if (parts.length > 1 && Names.ROOT_FOLDERS.contains(parts[0])) {
            return false;
        }
        for (String part : parts) {
            if (part.isEmpty()
                    || part.startsWith(".")
                    || part.indexOf('\0') >= 0
                    || part.getBytes(StandardCharsets.UTF_8).length > Names.MAX_NAME_BYTES) {
                return false;
            }
        }
        return names.isImage(parts[parts.length - 1]);
    }

    private final class Walk {
        private final List<Candidate> candidates = new ArrayList<>();
        private final List<Ignored> unfinished = new ArrayList<>();
        private final List<Ignored> ignored = new ArrayList<>();

        /** Folders still to list. Recursion over a deep tree would need one open file descriptor per level. */
        private final Deque<Path> folders = new ArrayDeque<>();

        private void run() throws IOException {
            list(folder.root());
            Path next;
            while ((next = folders.poll()) != null) {
                try {
                    // the folder may have been replaced by a symbolic link since it was found
                    if (Files.readAttributes(next, BasicFileAttributes.class, NOFOLLOW_LINKS)
                            .isDirectory()) {
                        list(next);
                    }
                } catch (NoSuchFileException | NotDirectoryException e) {
                    LOG.tracef("%s disappeared during the scan", next);
                } catch (IOException e) {
                    ignored.add(new Ignored(relative(next), 0, "cannot read this folder: " + Reason.of(e)));
                }
            }
        }

        private void list(Path directory) throws IOException {
            Map<String, FileFingerprint> images = new HashMap<>();
            Map<String, FileFingerprint> sidecars = new HashMap<>();
            Set<String> controls = new HashSet<>();
            for (Path entry : Listing.of(directory)) {
                String name = entry.getFileName().toString();
                if (Names.isDownloadControl(name, names)) {
                    controls.add(name);
                }
                classify(directory, entry, images, sidecars);
            }
            String downloadFolder = downloadFolder(directory);
            FileFingerprint checksums = sidecars.remove(Names.CHECKSUMS);
            images.forEach((name, fingerprint) -> {
                Map<String, FileFingerprint> companions = new HashMap<>();
                for (String suffix : Names.SIDECAR_SUFFIXES) {
                    FileFingerprint sidecar = sidecars.remove(name + suffix);
                    if (sidecar != null) {
                        companions.put(name + suffix, sidecar);
                    }
                }
                if (checksums != null) {
                    companions.put(Names.CHECKSUMS, checksums);
                }
                String path = relative(directory.resolve(name));
                Optional<String> control = Names.DOWNLOAD_CONTROL_SUFFIXES.stream()
                        .map(suffix -> name + suffix)
                        .filter(controls::contains)
                        .findFirst();
                if (control.isPresent()) {
                    unfinished.add(new Ignored(
                            path,
                            fingerprint.bytes(),
                            "still being downloaded: waiting until " + control.get() + " is gone"));
                } else if (downloadFolder != null) {
                    unfinished.add(new Ignored(
                            path,
                            fingerprint.bytes(),
                            "still being downloaded: waiting until it is no longer in the folder " + downloadFolder));
                } else {
                    candidates.add(new Candidate(new DroppedFile(path, fingerprint), companions));
                }
            });
            sidecars.forEach((name, fingerprint) -> ignored.add(new Ignored(
                    relative(directory.resolve(name)), fingerprint.bytes(), "sidecar waiting for its image")));
        }

        /** The name of a parent folder that belongs to an unfinished download; null if there is none. */
        private @Nullable String downloadFolder(Path directory) {
            for (Path part : folder.root().relativize(directory)) {
                if (Names.isDownloadFolder(part.toString())) {
                    return part.toString();
                }
            }
            return null;
        }

        private void classify(
                Path directory,
                Path entry,
                Map<String, FileFingerprint> images,
                Map<String, FileFingerprint> sidecars) {
            String name = entry.getFileName().toString();
            if (name.startsWith(".") || (directory.equals(folder.root()) && Names.ROOT_FOLDERS.contains(name))) {
                return;
            }
            try {
                BasicFileAttributes attributes = Files.readAttributes(entry, BasicFileAttributes.class, NOFOLLOW_LINKS);
                String reason = reasonToIgnore(entry, name, attributes);
                if (reason != null) {
                    ignored.add(
                            new Ignored(relative(entry), attributes.isRegularFile() ? attributes.size() : 0, reason));
                } else if (attributes.isDirectory()) {
                    folders.add(entry);
                } else if (names.isImage(name)) {
                    images.put(name, FileFingerprint.of(entry));
                } else {
                    sidecars.put(name, FileFingerprint.of(entry));
                }
            } catch (NoSuchFileException e) {
                LOG.tracef("%s disappeared during the scan", entry);
            } catch (IOException e) {
                ignored.add(new Ignored(relative(entry), 0, "cannot access this file: " + Reason.of(e)));
            }
        }

        /** Null for a folder to scan, and for the name of an image or a sidecar. */
        private @Nullable String reasonToIgnore(Path entry, String name, BasicFileAttributes attributes) {
            if (!isUtf8(entry.getFileName(), name)) {
                return "name is not UTF-8";
            }
            if (attributes.isSymbolicLink()) {
                return "symbolic link: links are not followed, put the file itself here";
            }
            if (attributes.isOther()) {
                return "not a regular file: devices, FIFOs and sockets are never opened";
            }
            if (attributes.isDirectory()) {
                return null;
            }
            if (!names.isImage(name)) {
                return FileKind.adviceFor(name, names);
            }
            int bytes = entry.toString().getBytes(StandardCharsets.UTF_8).length;
            int limit = MAX_PATH_BYTES - ARCHIVE_GROWTH_BYTES;
            return bytes > limit
                    ? "path too long: " + bytes + " bytes, the limit is " + limit
                            + ", use fewer or shorter folder names"
                    : null;
        }

        private String relative(Path entry) {
            return folder.root().relativize(entry).toString();
        }
    }

    /**
     * Java on Unix shows bytes of a name that are not UTF-8 as U+FFFD. Such a name can be listed, but not opened by its
     * text.
     */
    private static boolean isUtf8(Path fileName, String text) {
        try {
            return fileName.getFileSystem().getPath(text).equals(fileName);
        } catch (InvalidPathException e) {
            return false;
        }
    }
}
