package dev.imageferry.linode;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ServerSocketFactory;

/** A server for one connection with scripted failures. */
final class RawServer implements AutoCloseable {
    /** Handles the connection after the head of the request was read. */
    @FunctionalInterface
    interface Script {
        void run(Connection connection) throws IOException;
    }

    /** The connection as seen by the server. */
    static final class Connection {
        final String head;
        final InputStream in;
        final OutputStream out;
        final Socket socket;
        private final ByteArrayOutputStream body = new ByteArrayOutputStream();

        private Connection(Socket socket) throws IOException {
            this.socket = socket;
            this.in = socket.getInputStream();
            this.out = socket.getOutputStream();
            StringBuilder read = new StringBuilder();
            while (read.indexOf("\r\n\r\n") < 0) {
                int next = in.read();
                if (next < 0) {
                    break;
                }
                read.append((char) next);
            }
            this.head = read.toString();
        }

        /** Reads up to {@code bytes}, or less if the client closes the connection. */
        int readBody(long bytes) throws IOException {
            byte[] block = new byte[64 * 1024];
            int total = 0;
            while (total < bytes) {
                int read = in.read(block, 0, (int) Math.min(block.length, bytes - total));
                if (read < 0) {
                    break;
                }
                body.write(block, 0, read);
                total += read;
            }
            return total;
        }

        void answer(String statusLine, String headers, String text) throws IOException {
            out.write(("HTTP/1.1 " + statusLine + "\r\n" + headers + "Content-Length: " + text.length() + "\r\n\r\n"
                            + text)
                    .getBytes(StandardCharsets.US_ASCII));
            out.flush();
        }

        /** Resets the connection. */
        void reset() throws IOException {
            socket.setSoLinger(true, 0);
            socket.close();
        }

        byte[] body() {
            return body.toByteArray();
        }
    }

    private final ServerSocket server;
    private final CompletableFuture<Connection> connection = new CompletableFuture<>();

    RawServer(Script script) throws IOException {
        this(ServerSocketFactory.getDefault(), script);
    }

    RawServer(ServerSocketFactory factory, Script script) throws IOException {
        server = factory.createServerSocket(0, 5, InetAddress.getLoopbackAddress());
        server.setReceiveBufferSize(32 * 1024);
        Thread.ofPlatform().daemon().name("raw-server").start(() -> serve(script));
    }

    private void serve(Script script) {
        try (Socket socket = server.accept()) {
            Connection accepted = new Connection(socket);
            try {
                script.run(accepted);
            } catch (IOException e) {
                // closed by the client; the bytes read until then count
                accepted.body.flush();
            }
            connection.complete(accepted);
        } catch (IOException e) {
            connection.completeExceptionally(new UncheckedIOException(e));
        }
    }

    int port() {
        return server.getLocalPort();
    }

    /** The connection after the script has ended. */
    Connection served() throws Exception {
        return connection.get(20, TimeUnit.SECONDS);
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
