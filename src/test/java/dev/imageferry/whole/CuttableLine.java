package dev.imageferry.whole;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** A TCP proxy to a local port. While it is cut, all connections are closed and new ones are refused. */
final class CuttableLine implements AutoCloseable {
    /** Small, so that the proxy buffers little data. */
    private static final int BUFFER_BYTES = 64 * 1024;

    /** Below the range of ephemeral ports, so that no outgoing connection can use the port while the proxy is cut. */
    private static final int LOWEST_PORT = 10_000;

    private static final int HIGHEST_PORT = 14_999;

    private final int port;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private volatile int target;
    private @Nullable ServerSocket serverSocket;

    private CuttableLine(int target, ServerSocket serverSocket) {
        this.target = target;
        this.port = serverSocket.getLocalPort();
        this.serverSocket = serverSocket;
    }

    /** Starts a proxy on a free port. */
    static CuttableLine to(int target) throws IOException {
        for (int port = LOWEST_PORT; port <= HIGHEST_PORT; port++) {
            try {
                ServerSocket serverSocket = open(port);
                CuttableLine line = new CuttableLine(target, serverSocket);
                line.serve(serverSocket);
                return line;
            } catch (BindException e) {
                // in use, try the next one
            }
        }
        throw new IOException("no free port");
    }

    private static ServerSocket open(int port) throws IOException {
        ServerSocket serverSocket = new ServerSocket();
        try {
            serverSocket.setReuseAddress(true);
            serverSocket.setReceiveBufferSize(BUFFER_BYTES);
            serverSocket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return serverSocket;
        } catch (IOException e) {
            serverSocket.close();
            throw e;
        }
    }

    /** Returns the port of the proxy. */
    int port() {
        return port;
    }

    synchronized void cut() throws IOException {
        if (serverSocket != null) {
            serverSocket.close();
            serverSocket = null;
        }
        for (Socket socket : sockets) {
            end(socket);
        }
    }

    synchronized void restore() throws IOException {
        if (serverSocket == null) {
            ServerSocket opened = open(port);
            serverSocket = opened;
            serve(opened);
        }
    }

    /** Forwards new connections to another port. */
    void leadTo(int newTarget) {
        target = newTarget;
    }

    private void serve(ServerSocket opened) {
        Thread.ofVirtual().start(() -> {
            while (!opened.isClosed()) {
                try {
                    connect(opened, opened.accept());
                } catch (IOException e) {
                    // the proxy was cut
                }
            }
        });
    }

    private void connect(ServerSocket opened, Socket near) {
        Socket far = new Socket();
        sockets.add(near);
        sockets.add(far);
        try {
            far.setOption(StandardSocketOptions.SO_SNDBUF, BUFFER_BYTES);
            far.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), target));
        } catch (IOException e) {
            end(near);
            end(far);
            return;
        }
        Thread.ofVirtual().start(() -> pass(near, far));
        Thread.ofVirtual().start(() -> pass(far, near));
        if (opened.isClosed()) {
            end(near);
            end(far);
        }
    }

    private void pass(Socket from, Socket to) {
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            byte[] buffer = new byte[BUFFER_BYTES / 4];
            int read;
            while ((read = in.read(buffer)) >= 0) {
                out.write(buffer, 0, read);
            }
            to.shutdownOutput();
        } catch (IOException e) {
            // both sides are closed below
            end(from);
            end(to);
        }
    }

    /** Closes the socket with a reset. */
    private void end(Socket socket) {
        sockets.remove(socket);
        try {
            socket.setSoLinger(true, 0);
        } catch (IOException e) {
            // already closed
        }
        try {
            socket.close();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        cut();
    }
}
