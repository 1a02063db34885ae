package dev.imageferry.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;

/** A TCP proxy to a local port that limits what clients send, and records it. */
final class ThrottledLine implements AutoCloseable {
    /** Small, so that the proxy buffers little data. */
    private static final int SOCKET_BUFFER_BYTES = 64 * 1024;

    private static final int STEP_BYTES = 16 * 1024;

    private final ServerSocket serverSocket;
    private final int target;
    private final Pace line;
    private final long connectionBytesPerSecond;
    private final Queue<Sample> samples = new ConcurrentLinkedQueue<>();
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();

    private record Sample(long nanos, int bytes) {}

    /** Spaces steps so that a rate is kept. What a late step has missed is caught up for a short time only. */
    private static final class Pace {
        private static final long CATCH_UP_NANOS = 20_000_000;

        private final long bytesPerSecond;
        private long next = System.nanoTime();

        Pace(long bytesPerSecond) {
            this.bytesPerSecond = bytesPerSecond;
        }

        void await(int bytes) {
            long end;
            synchronized (this) {
                long from = Math.max(next, System.nanoTime() - CATCH_UP_NANOS);
                end = from + bytes * 1_000_000_000L / bytesPerSecond;
                next = end;
            }
            for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
                LockSupport.parkNanos(left);
            }
        }
    }

    private ThrottledLine(ServerSocket serverSocket, int target, long bytesPerSecond, long connectionBytesPerSecond) {
        this.serverSocket = serverSocket;
        this.target = target;
        this.line = new Pace(bytesPerSecond);
        this.connectionBytesPerSecond = connectionBytesPerSecond;
    }

    /** Starts a proxy on a free port. */
    static ThrottledLine to(int target, long bytesPerSecond, long connectionBytesPerSecond) throws IOException {
        ServerSocket serverSocket = new ServerSocket();
        serverSocket.setReceiveBufferSize(SOCKET_BUFFER_BYTES);
        serverSocket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        ThrottledLine line = new ThrottledLine(serverSocket, target, bytesPerSecond, connectionBytesPerSecond);
        Thread.ofVirtual().start(line::serve);
        return line;
    }

    String address() {
        return "http://127.0.0.1:" + serverSocket.getLocalPort();
    }

    /** Returns the megabytes that were sent in each whole second from one moment to another, both of {@link System#nanoTime()}. */
    List<Double> megabytesPerSecond(long fromNanos, long toNanos) {
        double[] seconds = new double[(int) ((toNanos - fromNanos) / 1_000_000_000L)];
        for (Sample sample : samples) {
            long second = Math.floorDiv(sample.nanos() - fromNanos, 1_000_000_000L);
            if (second >= 0 && second < seconds.length) {
                seconds[(int) second] += sample.bytes() / 1e6;
            }
        }
        return Arrays.stream(seconds).boxed().toList();
    }

    private void serve() {
        while (!serverSocket.isClosed()) {
            try {
                connect(serverSocket.accept());
            } catch (IOException e) {
                // closed, or the target refused the connection and the client sees the end of its own
            }
        }
    }

    @SuppressWarnings("AddressSelection") // loopback
    private void connect(Socket near) throws IOException {
        Socket far = new Socket();
        sockets.add(near);
        sockets.add(far);
        try {
            far.setOption(StandardSocketOptions.SO_SNDBUF, SOCKET_BUFFER_BYTES);
            far.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), target));
        } catch (IOException e) {
            near.close();
            throw e;
        }
        Pace connection = new Pace(connectionBytesPerSecond);
        // the requests are paced on threads of their own, because virtual threads share those that hash and decompress
        Thread.ofPlatform()
                .daemon()
                .start(() -> pass(near, far, read -> {
                    samples.add(new Sample(System.nanoTime(), read));
                    line.await(read);
                    connection.await(read);
                }));
        Thread.ofVirtual().start(() -> pass(far, near, read -> {}));
    }

    @FunctionalInterface
    private interface Step {
        void after(int bytes);
    }

    private void pass(Socket from, Socket to, Step step) {
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            byte[] buffer = new byte[STEP_BYTES];
            int read;
            while ((read = in.read(buffer)) >= 0) {
                step.after(read);
                out.write(buffer, 0, read);
            }
            to.shutdownOutput();
        } catch (IOException e) {
            end(from);
            end(to);
        }
    }

    private void end(Socket socket) {
        sockets.remove(socket);
        try {
            socket.close();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        serverSocket.close();
        sockets.forEach(this::end);
    }
}
