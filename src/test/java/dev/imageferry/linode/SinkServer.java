package dev.imageferry.linode;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLServerSocket;

/**
 * A process that accepts PUTs over HTTP and over TLS 1.3 and discards the bodies, so that its CPU time is not that of the sender.
 * It writes its certificate to the file of the first argument, and prints both ports.
 */
final class SinkServer {
    private static final String CIPHER_SUITE = "TLS_AES_256_GCM_SHA384";
    private static final Pattern LENGTH = Pattern.compile("content-length: (\\d+)\r\n");

    private SinkServer() {}

    public static void main(String[] arguments) throws Exception {
        Files.writeString(
                Path.of(arguments[0]),
                "-----BEGIN CERTIFICATE-----\n"
                        + Base64.getMimeEncoder().encodeToString(TestTls.CERTIFICATE.getEncoded())
                        + "\n-----END CERTIFICATE-----\n");
        ServerSocket clear = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        SSLServerSocket tls = (SSLServerSocket)
                TestTls.SERVER.getServerSocketFactory().createServerSocket(0, 50, InetAddress.getLoopbackAddress());
        tls.setEnabledProtocols(new String[] {"TLSv1.3"});
        tls.setEnabledCipherSuites(new String[] {CIPHER_SUITE});
        for (ServerSocket server : List.of(clear, tls)) {
            Thread.ofPlatform().start(() -> serve(server));
        }
        System.out.println(clear.getLocalPort() + " " + tls.getLocalPort());
        while (System.in.read() >= 0) {
            // until the test closes the pipe
        }
        System.exit(0);
    }

    private static void serve(ServerSocket server) {
        while (true) {
            try (Socket socket = server.accept()) {
                answer(socket);
            } catch (IOException e) {
                System.err.println(e);
            }
        }
    }

    private static void answer(Socket socket) throws IOException {
        InputStream in = socket.getInputStream();
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = in.read();
            if (next < 0) {
                return;
            }
            head.append((char) next);
        }
        String lowerCase = head.toString().toLowerCase(Locale.ROOT);
        if (lowerCase.contains("expect: 100-continue")) {
            socket.getOutputStream().write("HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        }
        Matcher length = LENGTH.matcher(lowerCase);
        byte[] block = new byte[256 * 1024];
        for (long left = length.find() ? Long.parseLong(length.group(1)) : 0; left > 0; ) {
            int read = in.read(block);
            if (read < 0) {
                return;
            }
            left -= read;
        }
        socket.getOutputStream()
                .write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                        .getBytes(StandardCharsets.US_ASCII));
    }
}
