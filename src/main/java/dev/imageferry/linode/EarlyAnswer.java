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
 * Detects an answer of the bucket while the file is still being sent, and aborts the PUT. OkHttp reads the answer only after
 * the last byte, so gigabytes would be sent although the bucket has already refused them.
 *
 * <p>The writing thread polls the connection ten times a second with a read of at most a millisecond. If there is an answer,
 * it is read completely here.
 */
final class EarlyAnswer {
    private static final Duration POLL_INTERVAL = Duration.ofMillis(100);
    private static final int POLL_MILLIS = 1;
    private static final int READ_MILLIS = 2000;
    private static final int MOST_BYTES = 16 * 1024;

    private static final Pattern STATUS_LINE = Pattern.compile("HTTP/1\\.[01] (\\d{3})(?: .*)?");
    private static final Pattern HEADER = Pattern.compile("([!-9;-~]+):[ \\t]*([\\t -~]*)");

    private final UploadUrl url;
    private final CheckedImage checked;
    private final InstantSource clock;
    private final PutAbort abort;
    private final PutLine line;
    private final StringBuilder received = new StringBuilder();
    private long polledAtNanos = System.nanoTime();

    EarlyAnswer(UploadUrl url, CheckedImage checked, InstantSource clock, PutAbort abort, PutLine line) {
        this.line = line;
        this.url = url;
        this.checked = checked;
        this.clock = clock;
        this.abort = abort;
    }

    /** Aborts the PUT if the bucket has answered, before the final bytes. */
    void abortIfAnswered() throws IOException {
        long now = System.nanoTime();
        if (now - polledAtNanos >= POLL_INTERVAL.toNanos()) {
            polledAtNanos = now;
            abortIfAnswered(PutProgress.Sent.PART);
        }
    }

    /** Looks for an answer after a write has failed, because the bucket may have answered before it closed the connection. */
    void abortIfAnsweredBefore(IOException failure, PutProgress.Sent sent) throws PutAbort.Aborted {
        try {
            abortIfAnswered(sent);
        } catch (PutAbort.Aborted e) {
            throw e;
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
    }

    private void abortIfAnswered(PutProgress.Sent sent) throws IOException {
        HttpAnswer answer = poll(line.socket());
        if (answer != null) {
            throw abort.because(BucketClassifier.of(answer, url, checked, sent, Duration.ZERO, clock.instant()));
        }
    }

    private @Nullable HttpAnswer poll(Socket socket) throws IOException {
        int usual = socket.getSoTimeout();
        InputStream in = socket.getInputStream();
        try {
            socket.setSoTimeout(POLL_MILLIS);
            int first = in.read();
            if (first < 0) {
                return null; // the connection was closed; the next write reports the reason
            }
            received.append((char) first);
            socket.setSoTimeout(READ_MILLIS);
            return readAnswer(in);
        } catch (SocketTimeoutException e) {
            return null;
        } finally {
            socket.setSoTimeout(usual);
        }
    }

    /** Null for an interim answer (1xx), which is skipped. */
    private @Nullable HttpAnswer readAnswer(InputStream in) throws IOException {
        int headEnd;
        while ((headEnd = received.indexOf("\r\n\r\n")) < 0 && received.length() < MOST_BYTES) {
            int next = in.read();
            if (next < 0) {
                break;
            }
            received.append((char) next);
        }
        String head = received.substring(0, headEnd < 0 ? received.length() : headEnd);
        received.setLength(0);
        String[] lines = head.split("\r\n", -1);
        Matcher statusLine = STATUS_LINE.matcher(lines[0]);
        if (!statusLine.matches()) {
            throw new IOException("the answer of the bucket is not HTTP");
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

    /** The part of the body that arrives in time. It is used only for the message. */
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
