package dev.imageferry.linode;

import dev.imageferry.job.CheckedImage;
import dev.imageferry.job.UploadUrl;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import okhttp3.Headers;
import org.jspecify.annotations.Nullable;

/**
 * Notices that the bucket has answered although the file is still being sent. A gateway reads a refused file to its end
 * before it takes the next request, and OkHttp reads the answer only after the last byte: without this, gigabytes would
 * be sent for nothing. It is also the only way to learn of a refusal over TLS when the connection is reset afterwards: the JDK's
 * TLS cannot be read any more once a write has failed. The look is a read of at most a millisecond, ten times a second,
 * on the thread that writes. An answer found is read here to its end and the PUT is cut, so OkHttp never misses what was
 * taken from it.
 */
final class EarlyAnswer {
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(100);
    private static final int LOOK_MILLIS = 1;
    private static final int READ_MILLIS = 2000;
    private static final int MOST_BYTES = 16 * 1024;

    private static final Pattern STATUS_LINE = Pattern.compile("HTTP/1\\.[01] (\\d{3})(?: .*)?");
    private static final Pattern HEADER = Pattern.compile("([!-9;-~]+):[ \\t]*([\\t -~]*)");

    private final UploadUrl url;
    private final CheckedImage checked;
    private final InstantSource clock;
    private final Ending ending;
    private final StringBuilder taken = new StringBuilder();
    private @Nullable Socket socketOrNull;
    private long lookedAtNanos = System.nanoTime();

    EarlyAnswer(UploadUrl url, CheckedImage checked, InstantSource clock, Ending ending) {
        this.url = url;
        this.checked = checked;
        this.clock = clock;
        this.ending = ending;
    }

    /** The connection that the PUT goes over; called before its first byte, on the thread that writes. */
    void watch(Socket socket) {
        socketOrNull = socket;
    }

    /** Ends the PUT when it is answered already. */
    void cutIfThere() throws IOException {
        long now = System.nanoTime();
        if (socketOrNull == null || now - lookedAtNanos < BETWEEN_LOOKS.toNanos()) {
            return;
        }
        lookedAtNanos = now;
        HttpAnswer answer = look(socketOrNull);
        if (answer != null) {
            throw ending.cut(
                    BucketClassifier.of(answer, url, checked, PutProgress.Sent.PART, Duration.ZERO, clock.instant()));
        }
    }

    private @Nullable HttpAnswer look(Socket socket) throws IOException {
        int usual = socket.getSoTimeout();
        InputStream in = socket.getInputStream();
        try {
            socket.setSoTimeout(LOOK_MILLIS);
            int first = in.read();
            if (first < 0) {
                return null; // no answer will come; writing on will tell why
            }
            taken.append((char) first);
            socket.setSoTimeout(READ_MILLIS);
            return readAnswer(in);
        } catch (SocketTimeoutException e) {
            return null;
        } finally {
            socket.setSoTimeout(usual);
        }
    }

    /** Null for an interim answer (1xx), which is passed over. */
    private @Nullable HttpAnswer readAnswer(InputStream in) throws IOException {
        int headEnd;
        while ((headEnd = taken.indexOf("\r\n\r\n")) < 0 && taken.length() < MOST_BYTES) {
            int next = in.read();
            if (next < 0) {
                break;
            }
            taken.append((char) next);
        }
        String head = taken.substring(0, headEnd < 0 ? taken.length() : headEnd);
        taken.setLength(0);
        String[] lines = head.split("\r\n", -1);
        Matcher statusLine = STATUS_LINE.matcher(lines[0]);
        if (!statusLine.matches()) {
            throw new IOException("the bucket answered something that is not HTTP");
        }
        int status = Integer.parseInt(statusLine.group(1));
        if (status < 200) {
            return null;
        }
        Headers.Builder headers = new Headers.Builder();
        for (String line : lines) {
            Matcher header = HEADER.matcher(line);
            if (header.matches()) {
                headers.add(header.group(1), header.group(2).strip());
            }
        }
        Headers read = headers.build();
        return new HttpAnswer(status, read, readBody(in, read));
    }

    /** As much of the body as is there in time: it only makes the message better. */
    private static String readBody(InputStream in, Headers headers) throws IOException {
        String length = headers.get("Content-Length");
        int wanted = length != null && length.matches("\\d{1,4}") ? Integer.parseInt(length) : MOST_BYTES;
        StringBuilder body = new StringBuilder();
        byte[] part = new byte[1024];
        try {
            while (body.length() < wanted) {
                int read = in.read(part, 0, Math.min(part.length, wanted - body.length()));
                if (read < 0) {
                    break;
                }
                body.append(new String(part, 0, read, StandardCharsets.ISO_8859_1));
            }
        } catch (SocketTimeoutException e) {
            return body.toString();
        }
        return body.toString();
    }
}
