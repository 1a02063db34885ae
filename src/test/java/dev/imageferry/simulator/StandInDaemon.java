package dev.imageferry.simulator;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Stands in for the daemon's jar in the test of the demo: it needs nothing but the JDK, tells how it was started, and on
 * SIGTERM looks whether Linode is still there.
 */
final class StandInDaemon {
    private StandInDaemon() {}

    public static void main(String[] arguments) throws IOException {
        String linode = System.getProperty("imageferry.linode.url");
        Path drained = Path.of(System.getProperty("imageferry.drop.directory"), "drained");
        HttpServer server = HttpServer.create(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.getInteger("quarkus.http.port")), 0);
        server.createContext("/q/health/ready", exchange -> answer(exchange, "UP"));
        server.createContext("/started", exchange -> answer(exchange, started(linode)));
        server.createContext("/exit", exchange -> System.exit(7));
        Runtime.getRuntime().addShutdownHook(new Thread(() -> drain(linode, drained)));
        server.start();
    }

    private static String started(String linode) {
        return linode + " " + System.getenv("LINODE_URL") + " " + System.getenv("LINODE_TOKEN") + " "
                + System.getenv("IMAGEFERRY_LINODE_TOKEN") + " " + System.getenv("IMAGEFERRY_LINODE_URL") + " "
                + System.getenv("LINODE_CLI_TOKEN") + " " + System.getenv("IMAGEFERRY_IMAGE_REGION") + " "
                + System.getenv("LC_ALL") + " " + System.getProperty("imageferry.linode.token");
    }

    private static void drain(String linode, Path drained) {
        try {
            HttpURLConnection connection = (HttpURLConnection)
                    URI.create(linode + "/simulator/images").toURL().openConnection();
            Files.writeString(drained, "Linode answered " + connection.getResponseCode());
        } catch (IOException gone) {
            System.err.println("Linode was gone before the daemon: " + gone);
        }
    }

    private static void answer(HttpExchange exchange, String text) throws IOException {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(200, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }
}
