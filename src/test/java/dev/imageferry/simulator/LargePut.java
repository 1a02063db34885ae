package dev.imageferry.simulator;

import java.io.IOException;
import okhttp3.MediaType;
import okhttp3.RequestBody;
import okio.BufferedSink;
import org.jspecify.annotations.Nullable;

/** A simulator and a client that PUTs so many zeroes, in a JVM of their own with little memory. */
final class LargePut {
    private LargePut() {}

    public static void main(String[] arguments) throws IOException {
        long bytes = Long.parseLong(arguments[0]);
        try (SimulatedLinode linode = SimulatedLinode.start(SimulatorOptions.forTests())) {
            LinodeClient client = new LinodeClient(linode);
            LinodeClient.Created created = client.create("large");
            int status = client.put(created.uploadTo(), zeroes(bytes)).status();
            System.out.println(
                    "answered " + status + ", stored " + client.image(created).bytes() + " bytes");
        }
        System.exit(0); // the HTTP client's idle threads
    }

    private static RequestBody zeroes(long bytes) {
        return new RequestBody() {
            @Override
            public @Nullable MediaType contentType() {
                return MediaType.get(Signature.CONTENT_TYPE);
            }

            @Override
            public long contentLength() {
                return bytes;
            }

            @Override
            public void writeTo(BufferedSink sink) throws IOException {
                byte[] some = new byte[100_000];
                for (long sent = 0; sent < bytes; sent += some.length) {
                    sink.write(some);
                }
            }
        };
    }
}
