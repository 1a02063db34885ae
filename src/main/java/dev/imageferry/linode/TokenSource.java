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
 * Where the token comes from. A file is looked at (size, time, identity) before each call and read again when it
 * changed, so that a token can be rotated under a running daemon; a file that cannot be used then leaves the last good
 * token in place and is told once. Links are followed, for that is how Kubernetes swaps a secret.
 */
public final class TokenSource {
    private static final Logger LOG = Logger.getLogger(TokenSource.class);

    /** What RFC 6750 lets stand after {@code Bearer}, and a little more; above all no blank and no line end. */
    private static final Pattern TOKEN = Pattern.compile("[\\x21-\\x7e]{1,4096}");

    private final @Nullable Path fileOrNull;
    private String token;
    private long version;
    private @Nullable Look lastLook;

    private record Look(
            long bytes, FileTime modified, @Nullable Object key) {
        static Look at(Path file) throws IOException {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            return new Look(attributes.size(), attributes.lastModifiedTime(), attributes.fileKey());
        }
    }

    /**
     * Takes the token for the first time.
     *
     * @throws IllegalArgumentException in one line for the person at the start: no token is set, or the one that is set
     *     cannot be read or used
     */
    public TokenSource(LinodeSettings settings) {
        fileOrNull = settings.tokenFile().orElse(null);
        if (fileOrNull == null) {
            token = usable(settings.token()
                            .orElseThrow(() -> new IllegalArgumentException(
                                    "no Linode token: set LINODE_TOKEN or imageferry.linode.token-file")))
                    .orElseThrow(() -> new IllegalArgumentException(
                            "imageferry.linode.token is empty or holds characters that no token has"));
            return;
        }
        try {
            lastLook = Look.at(fileOrNull);
            token = read(fileOrNull)
                    .orElseThrow(() -> new IllegalArgumentException("imageferry.linode.token-file " + fileOrNull
                            + " is empty or holds characters that no token has"));
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    "imageferry.linode.token-file " + fileOrNull + " cannot be read (" + Reason.of(e) + ")", e);
        }
    }

    /** The token to use now. */
    public synchronized String current() {
        if (fileOrNull != null) {
            lookAgain(fileOrNull);
        }
        return token;
    }

    /** Grows when the token changed: whoever was refused with an older one may ask again. */
    public synchronized long version() {
        if (fileOrNull != null) {
            lookAgain(fileOrNull);
        }
        return version;
    }

    private void lookAgain(Path file) {
        try {
            Look look = Look.at(file);
            if (look.equals(lastLook)) {
                return;
            }
            Optional<String> read = read(file);
            lastLook = look;
            if (read.isEmpty()) {
                LOG.warnf("the token file %s is empty or holds no token: going on with the last one", file);
            } else if (!read.get().equals(token)) {
                token = read.get();
                version++;
                LOG.infof("the token file %s changed: its token is used from now on", file);
            }
        } catch (IOException e) {
            if (lastLook != null) {
                LOG.warnf("the token file %s cannot be read (%s): going on with the last token", file, Reason.of(e));
            }
            lastLook = null; // told once, and read as soon as it is back
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
