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

/** HTTP by hand, for requests that no client library would send. */
final class RawHttp {
    private RawHttp() {}

    /**
     * An answer as it came.
     *
     * @param headers as lines
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

    /** Sends the lines as the head of a request and reads to the end of the connection. */
    static Answer send(int port, String... lines) throws IOException {
        return send(port, List.of(lines), "");
    }

    /** Sends the lines as the head of a request, then the body, and reads to the end of the connection. */
    static Answer send(int port, List<String> lines, String body) throws IOException {
        return sendFrom("127.0.0.1", port, lines, body);
    }

    /** The same from another address of the loopback network. */
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

    /** Sends the lines as the head of a request, waits for the condition and cuts the connection. */
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
                throw new AssertionError("not within " + limit);
            }
            Thread.sleep(20);
        }
    }
}
