package dev.imageferry.drop;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import dev.imageferry.job.FileFingerprint;
import dev.imageferry.job.Job;
import dev.imageferry.job.PreparedFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/**
 * The files that a conversion makes beside a dropped file: {@code .imageferry-JOB-prepared}, and temporary files whose names begin
 * with that.
 */
public final class PreparedFiles {
    private static final Logger LOG = Logger.getLogger(PreparedFiles.class);
    private static final String SUFFIX = "-prepared";
    private static final Pattern NAME =
            Pattern.compile(Pattern.quote(Names.HELD_PREFIX) + "([0-9a-f-]{36})" + SUFFIX + ".*");

    private final DropFolder folder;

    public PreparedFiles(DropFolder folder) {
        this.folder = folder;
    }

    /** The path of the prepared file of a job. */
    public Path of(Job job) {
        return folder.resolve(job.file()).resolveSibling(Names.HELD_PREFIX + job.id() + SUFFIX);
    }

    /**
     * The path of the prepared file while it is written. It differs for each claim of the job, so that a daemon that has lost its
     * lease writes into no file of the next one.
     */
    public Path draftOf(Job job) {
        Path prepared = of(job);
        return prepared.resolveSibling(prepared.getFileName() + "-" + job.leaseEpoch());
    }

    /** Whether the result of the conversion of a job is still there and can be accessed. */
    public boolean isThere(Job job) {
        PreparedFile prepared = job.preparedOrNull();
        try {
            return prepared != null && FileFingerprint.of(of(job)).equalsButForChangeTime(prepared.fingerprint());
        } catch (IOException e) {
            LOG.debugf("prepared file job=%s reason=%s", job.id(), e);
            return false;
        }
    }

    /** Removes everything that conversions of a job have made. */
    public void remove(Job job) throws IOException {
        Path prepared = of(job);
        Path parent = Objects.requireNonNull(prepared.getParent(), "parent");
        try (DirectoryStream<Path> found = Files.newDirectoryStream(
                parent,
                entry -> entry.getFileName()
                        .toString()
                        .startsWith(prepared.getFileName().toString()))) {
            for (Path file : found) {
                Files.deleteIfExists(file);
            }
        } catch (NoSuchFileException | NotDirectoryException e) {
            LOG.debugf("%s is gone, and prepared files with it", parent);
        }
    }

    /**
     * Removes what conversions of dead daemons left behind.
     *
     * @param isOpen whether a job has not been archived yet
     */
    public void removeLeftOvers(Predicate<UUID> isOpen) {
        try (Stream<Path> files = Files.walk(folder.root())) {
            Map<UUID, Boolean> open = new HashMap<>();
            List<Path> prepared = files.filter(
                            file -> NAME.matcher(file.getFileName().toString()).matches())
                    .toList();
            for (Path file : prepared) {
                Matcher name = NAME.matcher(file.getFileName().toString());
                if (name.matches()
                        && Files.isRegularFile(file, NOFOLLOW_LINKS)
                        && !open.computeIfAbsent(UUID.fromString(name.group(1)), isOpen::test)) {
                    Files.deleteIfExists(file);
                    LOG.infof("removed what an earlier conversion left behind file=%s", file.getFileName());
                }
            }
        } catch (IOException | UncheckedIOException e) {
            LOG.warnf("could not remove what earlier conversions left behind reason=%s", e.getMessage());
        }
    }
}
