package dev.imageferry.linode;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.SocketFactory;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * The connection of one PUT. OkHttp makes it, writes the head of the request and reads the answer. The body is written to it
 * directly, because OkHttp would copy it into segments of 8 KiB, each a TLS record and a system call of its own.
 */
final class PutLine extends SocketFactory {
    /** Several if OkHttp tries more than one address of the host. */
    private final List<PutSocket> opened = new CopyOnWriteArrayList<>();

    private volatile @Nullable Socket connectedOrNull;
    private @Nullable PutSocket carrierOrNull;

    /** Sets the connection that OkHttp has chosen. Called before the first byte of the request, on the thread of the PUT. */
    void use(Socket connected) {
        connectedOrNull = connected;
        carrierOrNull = opened.stream()
                .filter(socket -> socket.carries(connected))
                .findFirst()
                .orElse(null); // a connection through a SOCKS proxy is not made by this factory
    }

    /** For answers. Over TLS, the socket of the TLS layer. */
    Socket socket() {
        return Objects.requireNonNull(connectedOrNull, "OkHttp connects before it writes the body");
    }

    /** A buffer for {@link #write} that needs the least copying. */
    ByteBuffer newBlock(int bytes) {
        return isDirect() ? ByteBuffer.allocateDirect(bytes) : ByteBuffer.allocate(bytes);
    }

    /** Writes all remaining bytes and waits until the kernel has accepted them. */
    void write(ByteBuffer bytes, PutSocket.Accepted accepted) throws IOException {
        PutSocket carrier = carrierOrNull;
        if (carrier != null && isDirect()) {
            carrier.write(bytes, accepted);
            return;
        }
        if (carrier != null) {
            carrier.cork();
        }
        int length = bytes.remaining();
        socket().getOutputStream().write(bytes.array(), bytes.arrayOffset() + bytes.position(), length);
        bytes.position(bytes.limit());
        if (carrier != null) {
            carrier.uncork(accepted);
        } else {
            accepted.bytes(length, length);
        }
    }

    /** Closes the connection without the farewell of TLS, which could wait for a peer that accepts nothing. */
    void cut() throws IOException {
        PutSocket carrier = carrierOrNull;
        if (carrier != null) {
            carrier.close();
        }
    }

    private boolean isDirect() {
        return carrierOrNull != null && !(connectedOrNull instanceof SSLSocket);
    }

    @Override
    public Socket createSocket() throws IOException {
        PutSocket socket = new PutSocket();
        opened.add(socket);
        return socket;
    }

    @Override
    public Socket createSocket(String host, int port) {
        throw new UnsupportedOperationException("OkHttp connects a socket after it was created");
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress localHost, int localPort) {
        return createSocket(host, port);
    }

    @Override
    public Socket createSocket(InetAddress host, int port) {
        return createSocket(host.getHostName(), port);
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress localHost, int localPort) {
        return createSocket(host, port);
    }
}
