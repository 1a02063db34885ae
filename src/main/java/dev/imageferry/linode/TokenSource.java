package dev.imageferry.linode;

import dev.imageferry.job.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Provides the token. A token file is read again when its size, time or inode changes, so that the token of a running daemon
 * can be rotated. If the file becomes invalid, the last token stays in use and a warning is logged. Symbolic links are
 * followed, because Kubernetes uses them to replace secrets.
 */
public final class TokenSource {
    private static final Logger LOG = Logger.getLogger(TokenSource.class);

    /** Wider than RFC 6750, but without spaces and line breaks. */
    private static final Pattern TOKEN = Pattern.compile("[\\x21-\\x7e]{1,4096}");

    private final @Nullable Path fileOrNull;
    private String token;
    private long version;
    private @Nullable FileState lastState;

    private record FileState(
            long bytes, FileTime modified, @Nullable Object key) {
        static FileState at(Path file) throws IOException {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            return new FileState(attributes.size(), attributes.lastModifiedTime(), attributes.fileKey());
        }
    }

    /**
     * Reads the token.
     *
     * @throws IllegalArgumentException with one line, if no token is set, or if it cannot be read or is invalid
     */
    public TokenSource(LinodeSettings settings) {
        fileOrNull = settings.tokenFile().orElse(null);
        if (fileOrNull == null) {
            token = usable(settings.token()
                            .orElseThrow(() -> new IllegalArgumentException(
                                    "no Linode token: set LINODE_TOKEN or imageferry.linode.token-file")))
                    .orElseThrow(() -> new IllegalArgumentException(
                            "imageferry.linode.token is empty or contains characters that are not allowed in a token"));
            return;
        }
        try {
            lastState = FileState.at(fileOrNull);
            token = read(fileOrNull)
                    .orElseThrow(() -> new IllegalArgumentException("imageferry.linode.token-file " + fileOrNull
                            + " is empty or contains characters that are not allowed in a token"));
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    "cannot read imageferry.linode.token-file " + fileOrNull + " (" + Reason.of(e) + ")", e);
        }
    }

    /** The current token. */
    public synchronized String current() {
        if (fileOrNull != null) {
            reloadIfChanged(fileOrNull);
        }
        return token;
    }

    /** Increases when the token changes, so that calls that were refused with the old one can be repeated. */
    public synchronized long version() {
        if (fileOrNull != null) {
            reloadIfChanged(fileOrNull);
        }
        return version;
    }

    private void reloadIfChanged(Path file) {
        try {
            FileState state = FileState.at(file);
            if (state.equals(lastState)) {
                return;
            }
            Optional<String> read = read(file);
            lastState = state;
            if (read.isEmpty()) {
                LOG.warnf("the token file %s is empty or holds no token: the previous token stays in use", file);
            } else if (!read.get().equals(token)) {
                token = read.get();
                version++;
                LOG.infof("the token file %s has changed: its token is used from now on", file);
            }
        } catch (IOException e) {
            if (lastState != null) {
                LOG.warnf("the token file %s cannot be read (%s): the previous token stays in use", file, Reason.of(e));
            }
            lastState = null; // logged once; the file is read when it is back
        }
    }

    private static Optional<String> read(Path file) throws IOException {
        return usable(Files.readString(file));
    }

    private static Optional<String> usable(String text) {
        String trimmed = Objects.requireNonNull(text).strip();
        return TOKEN.matcher(trimmed).matches() ? Optional.of(trimmed) : Optional.empty();
    }

    @Override
    public String toString() {
        return "TokenSource[hidden]";
    }
}
