package dev.imageferry.web;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/** Sends HTTP requests over a raw socket, for requests that client libraries do not send. */
final class RawHttp {
    private RawHttp() {}

    /**
     * An answer.
     *
     * @param headers the header lines
     */
    record Answer(int status, List<String> headers, String body) {
        List<String> header(String name) {
            String start = name.toLowerCase(Locale.ROOT) + ":";
            return headers.stream()
                    .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(start))
                    .map(line -> line.substring(start.length()).strip())
                    .toList();
        }
    }

    /** Sends request line and headers, and reads until the connection is closed. */
    static Answer send(int port, String... lines) throws IOException {
        return send(port, List.of(lines), "");
    }

    /** Sends request line, headers and body, and reads until the connection is closed. */
    static Answer send(int port, List<String> lines, String body) throws IOException {
        return sendFrom("127.0.0.1", port, lines, body);
    }

    /** Sends the request from another loopback address. */
    static Answer sendFrom(String address, int port, List<String> lines, String body) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port, InetAddress.getByName(address), 0)) {
            socket.setSoTimeout(10_000);
            String head = String.join(
                    "\r\n",
                    Stream.concat(lines.stream(), Stream.of("Connection: close", "", body))
                            .toList());
            socket.getOutputStream().write(head.getBytes(StandardCharsets.ISO_8859_1));
            socket.getOutputStream().flush();
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            int end = answer.indexOf("\r\n\r\n");
            List<String> headers = List.of(answer.substring(0, end).split("\r\n"));
            return new Answer(
                    Integer.parseInt(headers.getFirst().split(" ", -1)[1]),
                    headers.subList(1, headers.size()),
                    answer.substring(end + 4));
        }
    }

    /** Sends request line and headers, waits for the condition, and closes the connection. */
    static void sendAndLeave(int port, BooleanSupplier condition, String... lines)
            throws IOException, InterruptedException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.getOutputStream()
                    .write((String.join("\r\n", lines) + "\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1));
            socket.getOutputStream().flush();
            until(condition, Duration.ofSeconds(30));
        }
    }

    static void until(BooleanSupplier condition, Duration limit) throws InterruptedException {
        long end = System.nanoTime() + limit.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("condition not met within " + limit);
            }
            Thread.sleep(20);
        }
    }
}
