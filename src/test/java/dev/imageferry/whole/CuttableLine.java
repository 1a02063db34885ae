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

/** A line to a port of this machine that can be cut: then all connections break and new ones are refused. */
final class CuttableLine implements AutoCloseable {
    /** Small, so that the line itself holds little of what is under way. */
    private static final int BUFFER_BYTES = 64 * 1024;

    /** Below the kernel's range for outgoing connections: none of them may sit on the port while the line is cut. */
    private static final int LOWEST_PORT = 10_000;

    private static final int HIGHEST_PORT = 14_999;

    private final int port;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private volatile int target;
    private @Nullable ServerSocket door;

    private CuttableLine(int target, ServerSocket door) {
        this.target = target;
        this.port = door.getLocalPort();
        this.door = door;
    }

    /** A whole line on a port of its own. */
    static CuttableLine to(int target) throws IOException {
        for (int port = LOWEST_PORT; port <= HIGHEST_PORT; port++) {
            try {
                ServerSocket door = open(port);
                CuttableLine line = new CuttableLine(target, door);
                line.serve(door);
                return line;
            } catch (BindException e) {
                // somebody has it: the next one
            }
        }
        throw new IOException("no free port");
    }

    private static ServerSocket open(int port) throws IOException {
        ServerSocket door = new ServerSocket();
        try {
            door.setReuseAddress(true);
            door.setReceiveBufferSize(BUFFER_BYTES);
            door.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return door;
        } catch (IOException e) {
            door.close();
            throw e;
        }
    }

    /** Where to connect to instead of to the target. */
    int port() {
        return port;
    }

    synchronized void cut() throws IOException {
        if (door != null) {
            door.close();
            door = null;
        }
        for (Socket socket : sockets) {
            end(socket);
        }
    }

    synchronized void mend() throws IOException {
        if (door == null) {
            ServerSocket opened = open(port);
            door = opened;
            serve(opened);
        }
    }

    /** Leads to another port from the next connection on. */
    void leadTo(int newTarget) {
        target = newTarget;
    }

    private void serve(ServerSocket opened) {
        Thread.ofVirtual().start(() -> {
            while (!opened.isClosed()) {
                try {
                    connect(opened, opened.accept());
                } catch (IOException e) {
                    // cut
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
            // what breaks on one side breaks on the other
            end(from);
            end(to);
        }
    }

    /** Without a farewell: the other side sees a reset. */
    private void end(Socket socket) {
        sockets.remove(socket);
        try {
            socket.setSoLinger(true, 0);
        } catch (IOException e) {
            // closed before
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
