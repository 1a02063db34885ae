package dev.imageferry.linode;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketImpl;
import java.net.SocketOptions;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;

/**
 * The TCP connection of a PUT. Two things differ from a socket of the JDK: it reports every part of a write that the kernel
 * accepts, not only the whole, and while it is {@linkplain #cork corked}, it gathers what the TLS layer writes, so that many TLS
 * records are one system call.
 */
final class PutSocket extends Socket {
    /** Is called each time the kernel has accepted a part of a write. */
    @FunctionalInterface
    interface Accepted {
        /**
         * Reports the accepted bytes.
         *
         * @param bytes of this write so far
         * @param of the size of the write, on the connection (for TLS, of the records)
         */
        void bytes(int bytes, int of);
    }

    private static final Accepted NOBODY = (bytes, of) -> {};

    private final Connection connection;

    PutSocket() throws IOException {
        this(new Connection());
    }

    private PutSocket(Connection connection) throws SocketException {
        super(connection);
        this.connection = connection;
    }

    /** Writes all remaining bytes. Faster with a direct buffer. */
    void write(ByteBuffer bytes, Accepted accepted) throws IOException {
        connection.write(bytes, accepted);
    }

    /** Gathers the following writes to the output stream. */
    void cork() {
        connection.corked = true;
    }

    /** Writes what was gathered, and stops gathering. */
    void uncork(Accepted accepted) throws IOException {
        connection.corked = false;
        connection.drain(accepted);
    }

    /** Whether this is the connection under the other socket, which is this or a TLS socket over this. */
    boolean carries(Socket other) {
        return other == this
                || (!isClosed()
                        && getLocalSocketAddress().equals(other.getLocalSocketAddress())
                        && getRemoteSocketAddress().equals(other.getRemoteSocketAddress()));
    }

    /** Works on a non-blocking channel, because a blocking write returns only when all its bytes are accepted. */
    private static final class Connection extends SocketImpl {
        /** A block of the file in TLS records of any version. */
        private static final int GATHERED_BYTES = HeldBackBody.BLOCK_BYTES * 5 / 4;

        /**
         * How long to wait for the selector before the next attempt. Linux reports a connection as writable only when a third of
         * its send buffer is free, which can take minutes on a slow line, but accepts bytes earlier.
         */
        private static final long ATTEMPT_EVERY_MILLIS = 200;

        private final SocketChannel channel = SocketChannel.open();
        private final Selector selector = channel.provider().openSelector();
        private final ByteBuffer gathered = ByteBuffer.allocateDirect(GATHERED_BYTES);
        private boolean corked;
        private boolean broken;
        private volatile int readTimeoutMillis;

        Connection() throws IOException {}

        @Override
        protected void create(boolean stream) {
            // the channel is the socket
        }

        @Override
        protected void connect(SocketAddress remote, int timeoutMillis) throws IOException {
            channel.socket().connect(remote, timeoutMillis);
            InetSocketAddress connected = (InetSocketAddress) channel.getRemoteAddress();
            address = connected.getAddress();
            port = connected.getPort();
            localport = ((InetSocketAddress) channel.getLocalAddress()).getPort();
            channel.configureBlocking(false);
            channel.register(selector, 0);
        }

        @Override
        protected void connect(String host, int port) throws IOException {
            connect(new InetSocketAddress(host, port), 0);
        }

        @Override
        protected void connect(InetAddress remote, int port) throws IOException {
            connect(new InetSocketAddress(remote, port), 0);
        }

        @Override
        protected InputStream getInputStream() {
            return new InputStream() {
                @Override
                public int read() throws IOException {
                    byte[] one = new byte[1];
                    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
                }

                @Override
                public int read(byte[] into, int offset, int length) throws IOException {
                    return Connection.this.read(ByteBuffer.wrap(into, offset, length));
                }
            };
        }

        @Override
        protected OutputStream getOutputStream() {
            return new OutputStream() {
                @Override
                public void write(int one) throws IOException {
                    write(new byte[] {(byte) one}, 0, 1);
                }

                @Override
                public void write(byte[] bytes, int offset, int length) throws IOException {
                    Connection.this.gather(bytes, offset, length);
                }
            };
        }

        private int read(ByteBuffer into) throws IOException {
            int timeout = readTimeoutMillis;
            long end = System.nanoTime() + timeout * 1_000_000L;
            int read;
            while ((read = channel.read(into)) == 0 && into.hasRemaining()) {
                long left = timeout == 0 ? 0 : (end - System.nanoTime()) / 1_000_000 + 1;
                if (left <= 0 && timeout != 0) {
                    throw new SocketTimeoutException("no data for " + timeout + " ms");
                }
                await(SelectionKey.OP_READ, left);
            }
            return read;
        }

        private void gather(byte[] bytes, int offset, int length) throws IOException {
            for (int done = 0; done < length; ) {
                int part = Math.min(length - done, gathered.remaining());
                gathered.put(bytes, offset + done, part);
                done += part;
                if (!corked || !gathered.hasRemaining()) {
                    drain(NOBODY);
                }
            }
        }

        private void drain(Accepted accepted) throws IOException {
            gathered.flip();
            try {
                write(gathered, accepted);
            } finally {
                gathered.clear();
            }
        }

        private void write(ByteBuffer bytes, Accepted accepted) throws IOException {
            if (broken) {
                throw new SocketException("an earlier write was not completed");
            }
            broken = true; // nothing can follow an incomplete write
            int start = bytes.position();
            int length = bytes.remaining();
            while (bytes.hasRemaining()) {
                if (channel.write(bytes) > 0) {
                    accepted.bytes(bytes.position() - start, length);
                } else {
                    await(SelectionKey.OP_WRITE, ATTEMPT_EVERY_MILLIS);
                }
            }
            broken = false;
        }

        /** Waits until the channel is ready, or for so many milliseconds; 0 is without a limit. */
        private void await(int operation, long millis) throws IOException {
            try {
                SelectionKey key = channel.keyFor(selector);
                if (key == null) {
                    throw new ClosedChannelException();
                }
                key.interestOps(operation);
                selector.select(ready -> {}, millis);
            } catch (ClosedSelectorException | CancelledKeyException e) {
                throw new ClosedChannelException();
            }
            if (Thread.currentThread().isInterrupted()) {
                throw new InterruptedIOException("interrupted");
            }
        }

        @Override
        protected void close() throws IOException {
            channel.close();
            selector.close(); // wakes a thread that waits for the channel
        }

        @Override
        protected void shutdownInput() throws IOException {
            channel.shutdownInput();
        }

        @Override
        protected void shutdownOutput() throws IOException {
            channel.shutdownOutput();
        }

        @Override
        public void setOption(int option, Object value) throws SocketException {
            if (option != SocketOptions.SO_TIMEOUT) {
                throw new SocketException("unsupported socket option " + option);
            }
            readTimeoutMillis = (Integer) value;
        }

        @Override
        public Object getOption(int option) throws SocketException {
            return switch (option) {
                case SocketOptions.SO_TIMEOUT -> readTimeoutMillis;
                case SocketOptions.SO_LINGER -> -1;
                case SocketOptions.SO_BINDADDR -> channel.socket().getLocalAddress();
                default -> throw new SocketException("unsupported socket option " + option);
            };
        }

        @Override
        protected int available() {
            return 0; // unknown
        }

        @Override
        protected void bind(InetAddress host, int port) throws IOException {
            throw new SocketException("not a server");
        }

        @Override
        protected void listen(int backlog) throws IOException {
            throw new SocketException("not a server");
        }

        @Override
        protected void accept(SocketImpl socket) throws IOException {
            throw new SocketException("not a server");
        }

        @Override
        protected void sendUrgentData(int data) throws IOException {
            throw new SocketException("no urgent data");
        }
    }
}
