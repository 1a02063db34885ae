package dev.imageferry.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.imageferry.job.Digests;
import dev.imageferry.job.Reason;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.util.Base64;
import java.util.HexFormat;
import java.util.function.LongConsumer;
import okhttp3.MediaType;
import okhttp3.RequestBody;
import okio.BufferedSink;
import org.jspecify.annotations.Nullable;

/** The body of a {@code PUT}: exactly the announced bytes of a file or of a text. */
final class FileBody extends RequestBody {
    private static final int BUFFER_BYTES = 64 * 1024;

    /** Opens the bytes. */
    interface Source {
        InputStream open() throws IOException;
    }

    private final String name;
    private final Source source;
    private final long bytes;
    private final String sha256;
    private final LongConsumer progress;
    private @Nullable LocalFileException failure;

    private FileBody(String name, Source source, long bytes, String sha256, LongConsumer progress) {
        this.name = name;
        this.source = source;
        this.bytes = bytes;
        this.sha256 = sha256;
        this.progress = progress;
    }

    /**
     * The body with the content of a file.
     *
     * @param progress receives the number of bytes sent so far
     */
    static FileBody of(LocalFile file, LongConsumer progress) {
        return new FileBody(
                file.path().toString(), () -> Files.newInputStream(file.path()), file.bytes(), file.sha256(), progress);
    }

    static FileBody of(String name, String text) {
        byte[] content = text.getBytes(UTF_8);
        String sha256 = HexFormat.of().formatHex(Digests.of("SHA-256").digest(content));
        return new FileBody(name, () -> new ByteArrayInputStream(content), content.length, sha256, sent -> {});
    }

    /** The value of the header (RFC 9530). */
    String reprDigest() {
        byte[] digest = HexFormat.of().parseHex(sha256);
        return "sha-256=:" + Base64.getEncoder().encodeToString(digest) + ":";
    }

    /** Why the content could not be read. OkHttp does not tell this from a connection that broke. */
    @Nullable
    LocalFileException failureOrNull() {
        return failure;
    }

    @Override
    public @Nullable MediaType contentType() {
        return null;
    }

    @Override
    public long contentLength() {
        return bytes;
    }

    @Override
    public boolean isOneShot() {
        return true;
    }

    @Override
    public void writeTo(BufferedSink sink) throws IOException {
        byte[] buffer = new byte[BUFFER_BYTES];
        try (InputStream in = open()) {
            for (long sent = 0; sent < bytes; ) {
                int count = read(in, buffer, (int) Math.min(buffer.length, bytes - sent));
                sink.write(buffer, 0, count);
                sent += count;
                progress.accept(sent);
            }
        }
    }

    private InputStream open() throws LocalFileException {
        try {
            return source.open();
        } catch (IOException e) {
            throw failed("cannot read %s: %s".formatted(name, Reason.of(e)));
        }
    }

    private int read(InputStream in, byte[] buffer, int length) throws LocalFileException {
        int count;
        try {
            count = in.read(buffer, 0, length);
        } catch (IOException e) {
            throw failed("cannot read %s: %s".formatted(name, Reason.of(e)));
        }
        if (count < 0) {
            throw failed("%s became shorter while it was being sent".formatted(name));
        }
        return count;
    }

    private LocalFileException failed(String message) {
        failure = new LocalFileException(message);
        return failure;
    }
}
